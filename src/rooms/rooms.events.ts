import type { NeutralRoomView } from './room.view.js';

/** A room was created. Each of its members receives `room:created`. */
export class RoomCreated {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    /** `my` of each member. */
    readonly my: ReadonlyMap<string, number>,
  ) {}
}

/** The settings of a room have changed. */
export class RoomUpdated {
  constructor(
    readonly roomId: string,
    readonly prevRev: number,
    readonly rev: number,
    readonly fence: number,
    readonly room: NeutralRoomView,
  ) {}
}

/** A room was deleted. */
export class RoomDeleted {
  constructor(
    readonly roomId: string,
    readonly fence: number,
    /** The members; null if they were more than 1,000, who are notified through the room's channel, without `my`. */
    readonly userIds: readonly string[] | null,
    readonly my: ReadonlyMap<string, number>,
  ) {}
}
