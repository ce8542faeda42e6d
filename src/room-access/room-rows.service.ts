import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { RoomLog } from './room-log.service.js';
import { RoomHead } from './room-head.entity.js';
import { RoomUser } from './room-user.entity.js';
import { Room } from './room.entity.js';
import type { LogStep, RoomRole } from './room.types.js';

/** Somebody who is to sit in a room. */
export interface Newcomer {
  userId: string;
  role?: RoomRole;
  /** Bits beyond, and taken from, the role's preset. */
  allow?: number;
  deny?: number;
}

/**
 * The rows of rooms and seats, written under the room's head. It judges nothing and tells nobody: use cases in `rooms` and `room-users` do.
 * Every method expects the transaction that holds the head.
 */
@Injectable()
export class RoomRows {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: RoomLog,
  ) {}

  /** A new room with its head, held by this transaction as nobody else can know it yet. */
  async create(fields: Partial<Room> & Pick<Room, 'type' | 'createdBy'>): Promise<{ room: Room; head: RoomHead }> {
    const { manager } = this.transactions;
    const room = await manager.save(manager.create(Room, { id: newId(), ...fields }));
    const head = await manager.save(manager.create(RoomHead, { roomId: room.id }));
    return {
      room: await manager.findOneByOrFail(Room, { id: room.id }),
      head: await manager.findOneByOrFail(RoomHead, { roomId: head.roomId }),
    };
  }

  /** Writes what was changed on the entity. */
  async save(room: Room): Promise<Room> {
    room.updatedAt = new Date();
    return this.transactions.manager.save(room);
  }

  /**
   * Seats people who have no seat, at the room's end: nothing is unread, and under `since_joined` nothing before is visible.
   * @param newcomers 1..100
   */
  async seat(room: Room, newcomers: readonly Newcomer[], createdBy: string | null): Promise<{ members: RoomUser[]; step: LogStep }> {
    const { manager } = this.transactions;
    const step = await this.log.changed(
      room.id,
      'room-user',
      newcomers.map((newcomer) => newcomer.userId),
    );
    const [head] = await this.transactions.query<{ last_seq: number; last_n: number }>(
      `UPDATE room_heads SET member_count = member_count + $2 WHERE room_id = $1 RETURNING last_seq, last_n`,
      [room.id, newcomers.length],
    );
    if (!head) throw new Error(`room ${room.id} has no head`);
    const seats = newcomers.map((newcomer, index) =>
      manager.create(RoomUser, {
        ...newcomer,
        roomId: room.id,
        createdBy,
        joinedRev: step.prevRev + index + 1,
        visibleFromSeq: room.historyVisibility === 'since_joined' ? head.last_seq + 1 : 1,
        lastReadSeq: head.last_seq,
        lastReadN: head.last_n,
      }),
    );
    await manager.insert(RoomUser, seats);
    const members = await manager.find(RoomUser, { where: seats.map(({ roomId, userId }) => ({ roomId, userId })) });
    const order = new Map(newcomers.map(({ userId }, index) => [userId, index]));
    members.sort((a, b) => (order.get(a.userId) ?? 0) - (order.get(b.userId) ?? 0));
    return { members, step };
  }

  /** Takes somebody's seat: raises the fence and tells every process. The caller knows that the seat is there. */
  async unseat(roomId: string, userId: string): Promise<LogStep> {
    await this.transactions.manager.delete(RoomUser, { roomId, userId });
    await this.transactions.query(`UPDATE room_heads SET member_count = member_count - 1 WHERE room_id = $1`, [roomId]);
    const step = await this.log.changed(roomId, 'room-user', [userId]);
    return { ...step, fence: await this.log.accessLost(roomId, [userId]) };
  }

  /** Writes what was changed on a seat that others see (role, permissions, silence), as a step of the log. */
  async reseat(member: RoomUser): Promise<LogStep> {
    await this.transactions.manager.save(member);
    return this.log.changed(member.roomId, 'room-user', [member.userId]);
  }

  /** Writes what only the person sees (mute, pin, archive, draft): no step of the log. */
  async saveOwn(member: RoomUser): Promise<RoomUser> {
    return this.transactions.manager.save(member);
  }

  seatOf(roomId: string, userId: string): Promise<RoomUser | null> {
    return this.transactions.manager.findOneBy(RoomUser, { roomId, userId });
  }

  /** Ends a room for everybody, from the commit on. What it holds is purged by a job. */
  async end(room: Room): Promise<number> {
    room.deletedAt = new Date();
    await this.transactions.manager.save(room);
    return this.log.accessLost(room.id, null);
  }
}
