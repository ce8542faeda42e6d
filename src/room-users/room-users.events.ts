import type { LossReason } from '../room-access/room.types.js';
import type { RoomUserView } from './room-user.view.js';

// Where `rev` equals `prevRev` the change is not logged: it is about a reader of a channel. Then only that user receives it.

/** Users became members. Each of them receives `room:created` with their `my`, the other members `room-user:added`. */
export class RoomUsersAdded {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    /** Neutral views, in the order of their revs; empty if not logged. */
    readonly roomUsers: readonly RoomUserView[],
    /** `my` of each new member. */
    readonly my: ReadonlyMap<string, number>,
  ) {}
}

/** Role, permissions or silence of a member have changed. */
export class RoomUserUpdated {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    /** The neutral view. */
    readonly roomUser: RoomUserView,
    /** `my` of that user. */
    readonly my: number,
  ) {}
}

/** A membership ended. The user receives `room:gone`, the other members `room-user:removed`. */
export class RoomUserRemoved {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    readonly userId: string,
    readonly reason: LossReason,
    /** `my` of that user. */
    readonly my: number,
  ) {}
}

/** What a member alone sees has changed: a preference or the read mark. `my` is null for a read mark. */
export class MembershipChanged {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly my: number | null,
  ) {}
}

/** A member has read up to `seq`. */
export class ReadMarked {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly seq: number,
  ) {}
}
