import type { LossReason } from '../room-access/room.types.js';
import type { RoomUserView } from './room-user.view.js';

// Where `rev` equals `prevRev` the room took no notice: a reader of a channel comes, changes and goes unlogged. Then only the person hears.

/** People have got a seat. Each of them hears `room:created` with their `my`; the others, who came (views are neutral). */
export class RoomUsersAdded {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    /** Neutral, in the order of their revs; empty when unlogged. */
    readonly roomUsers: readonly RoomUserView[],
    /** `my` of each who came. */
    readonly my: ReadonlyMap<string, number>,
  ) {}
}

/** Role, permissions or silence of somebody have changed. */
export class RoomUserUpdated {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    /** Neutral. */
    readonly roomUser: RoomUserView,
    /** `my` of that person. */
    readonly my: number,
  ) {}
}

/** Somebody has lost their seat: they hear `room:gone`, the others `room-user:removed`. */
export class RoomUserRemoved {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    readonly userId: string,
    readonly reason: LossReason,
    /** `my` of that person. */
    readonly my: number,
  ) {}
}

/** What a person alone sees of their seat has changed (mute, pin, archive, draft, read mark). `my` is null for a read mark. */
export class MembershipChanged {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly my: number | null,
  ) {}
}

/** Somebody has read up to `seq`. */
export class ReadMarked {
  constructor(
    readonly roomId: string,
    readonly userId: string,
    readonly seq: number,
  ) {}
}
