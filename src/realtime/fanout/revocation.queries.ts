import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Transactions } from '../../database/transactions.js';
import type { LossReason } from '../../room-access/room.types.js';

const ROWS_PER_QUERY = 1_000;

export interface Review {
  fence: number;
  /** By user: the first visible `seq`, null for a non-member; and the reason of the loss, if it is one. */
  members: Map<string, { visibleFrom: number | null; reason: LossReason }>;
}

const ROOM_DELETED = { visibleFrom: null, reason: 'deleted' } as const;

/** The current access of users, and the state of sessions. */
@Injectable()
export class RevocationQueries {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Returns which of these users are members of the room. Reads the fence before the members: the next review sees a loss between the two.
   * The audit of the same transaction distinguishes a removal from leaving.
   */
  async review(roomId: string, userIds: readonly string[]): Promise<Review> {
    const [head] = await this.transactions.query<{ fence: number }>(
      `SELECT h.fence FROM room_heads h JOIN rooms r ON r.id = h.room_id WHERE h.room_id = $1 AND r.deleted_at IS NULL`,
      [roomId],
    );
    if (!head) return { fence: Number.MAX_SAFE_INTEGER, members: new Map(userIds.map((userId) => [userId, ROOM_DELETED])) };
    const rows = await this.transactions.query<{ userId: string; visibleFrom: number | null; reason: LossReason }>(
      `SELECT w.user_id AS "userId", ru.visible_from_seq AS "visibleFrom", CASE
         WHEN EXISTS (SELECT 1 FROM room_bans b WHERE b.room_id = $1 AND b.user_id = w.user_id AND (b.until IS NULL OR b.until > now())) THEN 'banned'
         WHEN EXISTS (SELECT 1 FROM room_audit a WHERE a.room_id = $1 AND a.target_user_id = w.user_id AND a.action = 'user_removed'
           AND a.created_at >= coalesce((SELECT c.changed_at FROM room_changes c
             WHERE c.room_id = $1 AND c.kind = 'room-user' AND c.entity_id = w.user_id), now() - interval '1 minute')) THEN 'removed'
         ELSE 'left' END AS reason
       FROM unnest($2::uuid[]) w (user_id) LEFT JOIN room_users ru ON ru.room_id = $1 AND ru.user_id = w.user_id`,
      [roomId, userIds],
    );
    return { fence: head.fence, members: new Map(rows.map((row) => [row.userId, row])) };
  }

  /** Returns those of the rooms whose fence is higher than the given one, or that no longer exist. */
  async roomsWithHigherFence(rooms: readonly { id: string; fence: number }[]): Promise<string[]> {
    const ids: string[] = [];
    for (const some of chunks(rooms, ROWS_PER_QUERY)) {
      const rows = await this.transactions.query<{ id: string }>(
        `SELECT w.id FROM unnest($1::uuid[], $2::bigint[]) w (id, fence) LEFT JOIN room_heads h ON h.room_id = w.id
         WHERE h.room_id IS NULL OR h.fence > w.fence`,
        [some.map(({ id }) => id), some.map(({ fence }) => fence)],
      );
      ids.push(...rows.map(({ id }) => id));
    }
    return ids;
  }

  /** Returns those of the sessions that have ended, with the reason. */
  async endedSessions(sessionIds: readonly string[]): Promise<{ sessionId: string; reason: string }[]> {
    const ended: { sessionId: string; reason: string }[] = [];
    for (const some of chunks(sessionIds, ROWS_PER_QUERY)) {
      const rows = await this.transactions.query<{ sessionId: string; reason: string }>(
        `SELECT w.id AS "sessionId", CASE WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE coalesce(s.end_reason, 'expired') END AS reason
         FROM unnest($1::uuid[]) w (id) LEFT JOIN sessions s ON s.id = w.id LEFT JOIN users u ON u.id = s.user_id
         WHERE s.id IS NULL OR s.ended_at IS NOT NULL OR s.expires_at <= now() OR u.deleted_at IS NOT NULL OR u.deactivated_at IS NOT NULL`,
        [some],
      );
      ended.push(...rows);
    }
    return ended;
  }
}
