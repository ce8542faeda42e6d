import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { Jobs } from '../jobs/jobs.js';

const PURGE_JOB = 'rooms:purge';
const ROWS_PER_STEP = 1_000;
/** After each step the purge sleeps this many times its duration, to keep sends fast. */
const SLEEP_FACTOR = 3;

/**
 * The tables with rows of a room, except `rooms` and `room_heads`, in the order in which a purge empties them: what refers to messages,
 * the messages, what is derived from them, the rows of this module. A table is emptied in the order of the columns given, which follow
 * `room_id` in one of its indexes; null: it has one row per room.
 */
export const ROOM_TABLES: Readonly<Record<string, string | null>> = {
  message_media: 'message_id, position',
  message_mentions: 'message_id, user_id',
  message_edits: 'message_id, rev',
  message_pins: 'message_id',
  reactions: 'message_id, user_id, reaction',
  reaction_counts: 'message_id, reaction',
  room_reports: 'id',
  room_invites: 'id',
  messages: 'seq',
  // Before message_search: the indexer locks the mark, so the rows that it is adding are committed before message_search is emptied.
  search_marks: null,
  message_search: 'seq',
  room_users: 'user_id',
  room_bans: 'user_id',
  room_silences: 'user_id',
  room_changes: 'rev',
  room_audit: 'id',
};

/** SQL: deletes at most `$2` rows of the room `$1` and returns a row for each. */
const deleteSql = (table: string, columns: string | null): string => {
  const first = columns ? `ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE room_id = $1 ORDER BY ${columns} LIMIT $2))` : '$2 > 0';
  return `DELETE FROM ${table} WHERE room_id = $1 AND ${first} RETURNING 1`;
};
const DELETE_ROWS = Object.entries(ROOM_TABLES).map(([table, columns]) => deleteSql(table, columns));

const DELETE_ROOM = `DELETE FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM rooms p WHERE p.team_id = r.id) AND NOT EXISTS (SELECT 1 FROM room_heads h WHERE h.room_id = r.id)`;

/** Deletes the rows of a deleted room by a job, in bounded steps: a cascade would hold its locks for all of them. */
@Injectable()
export class RoomPurge implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle<{ roomId: string }>(PURGE_JOB, async ({ roomId }, { signal }) => {
      const start = performance.now();
      if (await this.deleteRows(roomId)) return this.transactions.run(() => this.deleteRoomRow(roomId));
      await sleep((performance.now() - start) * SLEEP_FACTOR, undefined, { signal }).catch(() => undefined);
      return { again: { roomId } };
    });
  }

  /** Expects the transaction that marks the room as deleted. */
  enqueuePurge(roomId: string): Promise<void> {
    return this.jobs.enqueue(PURGE_JOB, { roomId }, { key: `${PURGE_JOB}:${roomId}` });
  }

  /** Deletes the rows of one step. Returns true if none is left. */
  private async deleteRows(roomId: string): Promise<boolean> {
    let left = ROWS_PER_STEP;
    for (const sql of DELETE_ROWS) {
      left -= (await this.transactions.query(sql, [roomId, left])).length;
      if (left <= 0) return false;
    }
    return true;
  }

  /** The last step. A team with private rooms keeps its row, without a name, until the last of them is deleted. */
  private async deleteRoomRow(roomId: string): Promise<void> {
    await this.transactions.query(
      `DELETE FROM room_heads h USING rooms r WHERE h.room_id = $1 AND r.id = $1 AND r.deleted_at IS NOT NULL`,
      [roomId],
    );
    const [room] = await this.transactions.query<{ team_id: string | null }>(
      `UPDATE rooms SET name = NULL, description = NULL, avatar_media_id = NULL, meta_tags = '{}'
       WHERE id = $1 AND deleted_at IS NOT NULL RETURNING team_id`,
      [roomId],
    );
    await this.transactions.query(DELETE_ROOM, [roomId]);
    if (room?.team_id) await this.transactions.query(DELETE_ROOM, [room.team_id]);
  }
}
