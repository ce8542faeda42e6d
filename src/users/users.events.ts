/** What others see of a person has changed: name, picture, or that the account was removed. */
export class UserChanged {
  constructor(readonly userId: string) {}
}

/** What a person alone sees of themselves has changed; `my` is its number. */
export class MeChanged {
  constructor(
    readonly userId: string,
    readonly my: number,
  ) {}
}
