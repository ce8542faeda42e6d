import type { FriendRequestView } from './friends.view.js';

// Each names its hearers, and the number (`my`) that the change takes for each of them.

abstract class FriendRequestDecision {
  constructor(
    readonly friendRequest: FriendRequestView,
    /** `my` of who sent the request. */
    readonly fromMy: number,
    /** `my` of who received it. */
    readonly toMy: number,
  ) {}
}

/** Somebody has asked for friendship; the asking person's other devices hear it too. */
export class FriendRequestReceived extends FriendRequestDecision {}

/** The two are friends now. */
export class FriendRequestApproved extends FriendRequestDecision {}

export class FriendRequestRejected extends FriendRequestDecision {}

export class FriendRequestCancelled extends FriendRequestDecision {}

/** Two people are friends no more. Each hears the other's id. */
export class FriendRemoved {
  constructor(readonly people: readonly [FormerFriend, FormerFriend]) {}
}

/** A block was set or lifted between two people. For the server alone: who was blocked is told nothing of it. */
export class BlockChanged {
  constructor(readonly people: readonly [string, string]) {}
}

export interface FormerFriend {
  readonly userId: string;
  readonly my: number;
}
