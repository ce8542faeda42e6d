import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import type { RoomHeadView } from './changes.view.js';

const HEAD = `json_build_object('roomId', ru.room_id, 'seq', h.last_seq, 'rev', h.rev, 'lastReadSeq', ru.last_read_seq,
  'unreadCount', ${unreadCountSql('ru', 'h')}, 'mentionCount', ${mentionCountSql('ru')}, 'muted', ru.muted) AS head`;
const MEMBERSHIPS = `room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = ru.room_id`;

/** Reads the heads of a user's rooms, with read marks and unread counts: one query for any number of rooms. */
@Injectable()
export class HeadsQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Returns heads by room id. @param after the last room id of the page before */
  listHeadsById(userId: string, after: string | null, limit: number): Promise<RoomHeadView[]> {
    return this.readHeads(
      `SELECT ${HEAD} FROM ${MEMBERSHIPS} WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id > $2) ORDER BY ru.room_id LIMIT $3`,
      [userId, after, limit],
    );
  }

  /** Returns the heads of the last active rooms, the last active one first. */
  listLatestHeads(userId: string, limit: number): Promise<RoomHeadView[]> {
    return this.readHeads(
      `WITH latest AS MATERIALIZED (
         SELECT ru.room_id FROM ${MEMBERSHIPS} WHERE ru.user_id = $1 ORDER BY h.last_at DESC, ru.room_id LIMIT $2
       )
       SELECT ${HEAD} FROM ${MEMBERSHIPS} WHERE ru.user_id = $1 AND ru.room_id IN (SELECT room_id FROM latest)
       ORDER BY h.last_at DESC, ru.room_id`,
      [userId, limit],
    );
  }

  private async readHeads(sql: string, parameters: unknown[]): Promise<RoomHeadView[]> {
    const rows = await this.transactions.queryPrepared<{ head: RoomHeadView }>(sql, parameters);
    return rows.map((row) => row.head);
  }
}
