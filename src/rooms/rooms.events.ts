import type { NeutralRoomView } from './room.view.js';

/** A room was made: each of its people hears `room:created`. */
export class RoomCreated {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    /** `my` of each who sits in it from the start. */
    readonly my: ReadonlyMap<string, number>,
  ) {}
}

/** How a room is called or set has changed. */
export class RoomUpdated {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    readonly room: NeutralRoomView,
  ) {}
}

/** A room is gone for everybody who sat in it. */
export class RoomDeleted {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    /** Who sat in it; null for more than 1,000 people, who are told by the room's own channel and take no `my`. */
    readonly userIds: readonly string[] | null,
    readonly my: ReadonlyMap<string, number>,
  ) {}
}
