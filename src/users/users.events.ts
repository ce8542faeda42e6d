/** What other users see of the user changed: name, picture, or that the account was deleted. */
export class UserChanged {
  constructor(readonly userId: string) {}
}

/** What only the user sees of the account changed; `my` is the number of the change. */
export class MeChanged {
  constructor(
    readonly userId: string,
    readonly my: number,
  ) {}
}
