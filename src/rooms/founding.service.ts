import { Injectable } from '@nestjs/common';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { type Newcomer, RoomRows } from '../room-access/room-rows.service.js';
import type { Room } from '../room-access/room.entity.js';
import { RoomUserViews } from '../room-users/room-user-views.service.js';
import { PLAIN_MEMBER } from '../room-users/seat-grant.policy.js';
import { Seating } from '../room-users/seating.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomTelling } from './room-telling.service.js';

/** Making a room with its first people. It judges nobody. */
@Injectable()
export class Founding {
  constructor(
    private readonly rows: RoomRows,
    private readonly heads: UserHeads,
    private readonly seats: RoomUserViews,
    private readonly telling: RoomTelling,
    private readonly seating: Seating,
  ) {}

  /**
   * A new room; its maker owns it, unless it is private. Expects the transaction that holds the people's heads.
   * @param people the others, at most 100  @throws RoomFull, TooManyRooms
   */
  async found(fields: Partial<Room> & Pick<Room, 'type'>, actorId: string, people: readonly string[]): Promise<Room> {
    const everybody = [actorId, ...people];
    const my = await this.heads.next(everybody);
    const { room, head } = await this.rows.create({ ...fields, createdBy: actorId });
    await this.seats.demandRoomFor(room, head, everybody);
    const maker: Newcomer = { userId: actorId, role: room.isPrivate ? 'member' : 'owner' };
    const others = people.map((userId): Newcomer => ({ userId }));
    if (room.type === 'channel') {
      await this.rows.seat(room, [maker], actorId);
      if (others.length > 0) await this.rows.seat(room, others, actorId, false);
    } else await this.rows.seat(room, [maker, ...others], actorId);
    await this.telling.opened(room, actorId, people, my);
    return room;
  }

  /** Seats who is missing of the two of a private room, as an import may leave it. Expects the room's head. */
  async complete(room: Room, head: RoomHead, actorId: string): Promise<void> {
    const missing: string[] = [];
    for (const userId of [room.userLow, room.userHigh]) {
      if (userId && !(await this.rows.seatOf(room.id, userId))) missing.push(userId);
    }
    if (missing.length > 0) await this.seating.admit(room, head, missing, PLAIN_MEMBER, { actorId, event: 'user_joined' });
  }
}
