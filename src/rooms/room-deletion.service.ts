import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { Jobs } from '../jobs/jobs.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';

const PURGE = 'rooms:purge';
/** Rows that one step of a purge takes away. */
const ROWS_AT_ONCE = 1_000;
/** A purge rests so many times as long as it works: who sends meanwhile hardly notices. */
const STAND_BACK = 3;
/** Up to so many people hear of the end by name, each with a number of their own. */
const MOST_NAMED = 1_000;

/** The end of a room: gone for everybody at once, emptied afterwards, piece by piece. */
@Injectable()
export class RoomDeletion implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly publisher: RoomEventPublisher,
    private readonly jobs: Jobs,
    private readonly purge: RoomPurge,
  ) {}

  onModuleInit(): void {
    this.jobs.handle<{ roomId: string }>(PURGE, async ({ roomId }, { signal }) => {
      const since = performance.now();
      if (await this.purge.step(roomId, ROWS_AT_ONCE)) return this.transactions.run(() => this.roomRepository.deleteRoomRow(roomId));
      await pause((performance.now() - since) * STAND_BACK, undefined, { signal }).catch(() => undefined);
      return { again: { roomId } };
    });
  }

  /** Expects the transaction that holds the room's head. */
  async deleteLockedRoom(room: Room): Promise<void> {
    const seats = await this.transactions.query<{ user_id: string }>(`SELECT user_id FROM room_users WHERE room_id = $1 LIMIT $2`, [
      room.id,
      MOST_NAMED + 1,
    ]);
    const userIds = seats.length > MOST_NAMED ? null : seats.map((seat) => seat.user_id);
    const my = userIds ? await this.heads.nextNumbers(userIds) : new Map<string, number>();
    const fence = await this.roomRepository.markRoomDeleted(room);
    await this.jobs.enqueue(PURGE, { roomId: room.id }, { key: `${PURGE}:${room.id}` });
    this.publisher.publishDeleted(room, fence, userIds, my);
  }
}
