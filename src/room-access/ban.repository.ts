import { Injectable } from '@nestjs/common';
import { Forbidden } from '../common/domain-error.js';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomBan } from './room-ban.entity.js';

/** The rows of `room_bans`. Writing expects the transaction that has locked the room head. */
@Injectable()
export class BanRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Returns those of `userIds` with a ban in force. */
  async findBanned(roomId: string, userIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ user_id: string }>(
      `SELECT user_id FROM room_bans WHERE room_id = $1 AND user_id = ANY ($2::uuid[]) AND (until IS NULL OR until > now())`,
      [roomId, userIds],
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** @throws Forbidden banned */
  async requireNotBanned(roomId: string, userIds: readonly string[]): Promise<void> {
    if ((await this.findBanned(roomId, userIds)).size > 0) throw new Forbidden('banned');
  }

  /** Inserts the ban, or replaces the terms of an earlier one. */
  async upsertBan(ban: Pick<RoomBan, 'roomId' | 'userId' | 'until' | 'reason' | 'createdBy'>): Promise<RoomBan> {
    const { manager } = this.transactions;
    await manager.upsert(RoomBan, { ...ban, createdAt: new Date() }, ['roomId', 'userId']);
    return manager.findOneByOrFail(RoomBan, { roomId: ban.roomId, userId: ban.userId });
  }

  /** Returns false if there was no ban. */
  async deleteBan(roomId: string, userId: string): Promise<boolean> {
    const { affected } = await this.transactions.manager.delete(RoomBan, { roomId, userId });
    return (affected ?? 0) > 0;
  }

  /** Inserts bans of users who are not banned yet. Returns their number. Expects the locked room head. @param bans at most 1,000 */
  async importBans(bans: readonly JsonRow<RoomBan>[]): Promise<number> {
    return (await insertMissing(this.transactions, RoomBan, bans)).length;
  }
}
