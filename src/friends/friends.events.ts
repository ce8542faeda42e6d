import type { FriendRequestView } from './friends.view.js';

// Each event names its receivers, with the number (`my`) of the change for each of them.

abstract class FriendRequestDecision {
  constructor(
    readonly friendRequest: FriendRequestView,
    /** `my` of the sender of the request. */
    readonly fromMy: number,
    /** `my` of its receiver. */
    readonly toMy: number,
  ) {}
}

/** A request was created. The sender's other devices receive the event too. */
export class FriendRequestReceived extends FriendRequestDecision {}

export class FriendRequestApproved extends FriendRequestDecision {}

export class FriendRequestRejected extends FriendRequestDecision {}

export class FriendRequestCancelled extends FriendRequestDecision {}

/** A friendship ended. Each of the two users receives the id of the other. */
export class FriendRemoved {
  constructor(readonly users: readonly [FormerFriend, FormerFriend]) {}
}

/** A block between two users was set or removed. Only the server receives it: the blocked user must not learn of the block. */
export class BlockChanged {
  constructor(readonly userIds: readonly [string, string]) {}
}

export interface FormerFriend {
  readonly userId: string;
  readonly my: number;
}
