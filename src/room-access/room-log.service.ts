import { Injectable } from '@nestjs/common';
import { chunks } from '../common/chunks.js';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { RoomAudit } from './room-audit.entity.js';
import { RoomHead } from './room-head.entity.js';
import type { AuditAction, ChangeKind, LogStep } from './room.types.js';

export interface AuditEntry {
  actorId: string | null;
  action: AuditAction;
  targetUserId?: string;
  messageId?: string;
  /** Ids and settings, never message text. */
  detail?: Record<string, unknown>;
}

/** A loss of access, as every process receives it; `userIds` null: of all members. */
export interface AccessLost {
  roomId: string;
  userIds: string[] | null;
  fence: number;
}

/** The Postgres channel that announces losses of access. */
export const ACCESS_CHANNEL = 'parley_access';
/** A notification holds less than 8,000 bytes. */
const IDS_PER_NOTIFICATION = 150;

/** The change logs, fences and audit logs of rooms. Every method expects the transaction that has locked the room head. */
@Injectable()
export class RoomLog {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Takes the next `rev` for each entity, in the order given, and records it as the entity's latest change.
   * @param entityIds 1..1,000 different ids of `kind`
   */
  async recordChanges(roomId: string, kind: ChangeKind, entityIds: readonly string[]): Promise<LogStep> {
    const [step] = await this.transactions.query<LogStep>(
      `WITH head AS (
         UPDATE room_heads SET rev = rev + cardinality($3::uuid[]) WHERE room_id = $1 RETURNING rev, fence
       ), logged AS (
         INSERT INTO room_changes (room_id, kind, entity_id, rev)
         SELECT $1, $2, e.id, head.rev - cardinality($3::uuid[]) + e.position
         FROM head, unnest($3::uuid[]) WITH ORDINALITY e (id, position)
         ON CONFLICT (room_id, kind, entity_id) DO UPDATE SET rev = excluded.rev, changed_at = now()
       )
       SELECT rev - cardinality($3::uuid[]) AS "prevRev", rev, fence FROM head`,
      [roomId, kind, entityIds],
    );
    if (!step) throw new Error(`room ${roomId} has no head`);
    return step;
  }

  /** Returns the present position of the log as a step without a change. */
  async currentStep(roomId: string): Promise<LogStep> {
    const { rev, fence } = await this.transactions.manager.findOneByOrFail(RoomHead, { roomId });
    return { prevRev: rev, rev, fence };
  }

  /**
   * Deletes the oldest changes from before `before`, at most `limit`, and raises the log floor: a sync cursor below it gets `reset`.
   * Returns the number deleted.
   */
  async trimLog(roomId: string, before: Date, limit: number): Promise<number> {
    const deleted = await this.transactions.query<{ rev: number }>(
      `DELETE FROM room_changes WHERE room_id = $1 AND rev IN (
         SELECT c.rev FROM room_changes c
         WHERE c.room_id = $1 AND c.rev <= (SELECT max(o.rev) FROM room_changes o WHERE o.room_id = $1 AND o.changed_at < $2)
         ORDER BY c.rev LIMIT $3) RETURNING rev`,
      [roomId, before, limit],
    );
    const floor = deleted.reduce((highest, { rev }) => Math.max(highest, rev), 0);
    await this.transactions.query(`UPDATE room_heads SET log_floor = greatest(log_floor, $2) WHERE room_id = $1`, [roomId, floor]);
    return deleted.length;
  }

  /** Returns the ids of rooms with changes from before `before`, at most `limit`. */
  async findOutdatedRooms(before: Date, limit: number): Promise<string[]> {
    const rows = await this.transactions.query<{ roomId: string }>(
      `SELECT DISTINCT room_id AS "roomId" FROM (SELECT room_id FROM room_changes WHERE changed_at < $1 ORDER BY changed_at LIMIT $2) c`,
      [before, limit],
    );
    return rows.map(({ roomId }) => roomId);
  }

  /**
   * Raises the fence and, at the commit, notifies every process that these users (null: all) lose access to the room. By Postgres, so that
   * it also works without Redis and from the command line.
   */
  async raiseFence(roomId: string, userIds: readonly string[] | null): Promise<number> {
    const [head] = await this.transactions.query<{ fence: number }>(
      `UPDATE room_heads SET fence = fence + 1 WHERE room_id = $1 RETURNING fence`,
      [roomId],
    );
    const fence = head?.fence ?? 0;
    const groups = userIds === null ? [null] : chunks(userIds, IDS_PER_NOTIFICATION);
    for (const group of groups) {
      const lost: AccessLost = { roomId, userIds: group, fence };
      await this.transactions.query(`SELECT pg_notify($1, $2)`, [ACCESS_CHANNEL, JSON.stringify(lost)]);
    }
    return fence;
  }

  async audit(roomId: string, ...entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map(({ actorId, action, targetUserId = null, messageId = null, detail = {} }) => {
      return { id: newId(), roomId, actorId, action, targetUserId, messageId, detail: detail as Record<string, never> };
    });
    await this.transactions.manager.insert(RoomAudit, rows);
  }
}
