import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import type { RoomHeadView } from './changes.view.js';

const HEAD = `json_build_object('roomId', ru.room_id, 'seq', h.last_seq, 'rev', h.rev, 'lastReadSeq', ru.last_read_seq,
  'unreadCount', ${unreadCountSql('ru', 'h')}, 'mentionCount', ${mentionCountSql('ru')}, 'muted', ru.muted) AS head`;
const MINE = `room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = ru.room_id`;

/** Where rooms stand, and where somebody stands in them: one query, however many rooms. */
@Injectable()
export class HeadsQueries {
  constructor(private readonly transactions: Transactions) {}

  /** By room id. */
  byId(userId: string, after: string | null, limit: number): Promise<RoomHeadView[]> {
    return this.heads(
      `SELECT ${HEAD} FROM ${MINE} WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id > $2) ORDER BY ru.room_id LIMIT $3`,
      [userId, after, limit],
    );
  }

  /** The latest active ones first. */
  latest(userId: string, limit: number): Promise<RoomHeadView[]> {
    return this.heads(
      `WITH latest AS MATERIALIZED (
         SELECT ru.room_id FROM ${MINE} WHERE ru.user_id = $1 ORDER BY h.last_at DESC, ru.room_id LIMIT $2
       )
       SELECT ${HEAD} FROM ${MINE} WHERE ru.user_id = $1 AND ru.room_id IN (SELECT room_id FROM latest) ORDER BY h.last_at DESC, ru.room_id`,
      [userId, limit],
    );
  }

  /** Made with the database, renewed by a restore. */
  async epoch(): Promise<string> {
    const [row] = await this.transactions.queryPrepared<{ value: string }>(`SELECT value FROM server_state WHERE key = 'epoch'`);
    if (!row) throw new Error('the database has no epoch');
    return row.value;
  }

  private async heads(sql: string, parameters: unknown[]): Promise<RoomHeadView[]> {
    const rows = await this.transactions.queryPrepared<{ head: RoomHeadView }>(sql, parameters);
    return rows.map((row) => row.head);
  }
}
