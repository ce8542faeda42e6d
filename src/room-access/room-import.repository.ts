import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { HistoryVisibility, RoomRole, RoomType } from './room.types.js';

/** A room of another installation. Times are RFC 3339. */
export interface ImportedRoom {
  id: string;
  type: RoomType;
  name: string | null;
  description: string | null;
  avatarMediaId: string | null;
  isPublic: boolean;
  metaTags: readonly string[];
  active: boolean;
  historyVisibility: HistoryVisibility;
  slowModeSeconds: number;
  teamId: string | null;
  userIds: readonly string[] | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  /** Set only on a deleted team with private rooms. */
  deletedAt: string | null;
  rev: number;
}

export interface ImportedMember {
  userId: string;
  role: RoomRole;
  allow: number;
  deny: number;
  createdBy: string | null;
  joinedAt: string;
  visibleFromSeq: number;
  lastReadSeq: number;
  /** `n` of the message at lastReadSeq. */
  lastReadN: number;
  lastSeenAt: string | null;
  silencedUntil: string | null;
  muted: boolean;
  pinned: boolean;
  archived: boolean;
  draft: string | null;
}

export interface ImportedBan {
  userId: string;
  until: string | null;
  reason: string | null;
  createdBy: string | null;
  createdAt: string;
}

/** What the room head takes from an imported message. */
interface AppendedMessage {
  seq: number;
  n: number;
  rev: number;
  type: string;
  userId: string;
  createdAt: string;
}

/** Inserts imported rooms, members and bans without steps of the change log: sync cursors from before the import get `reset`. */
@Injectable()
export class RoomImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
  ) {}

  /** Inserts empty rooms with a log floor at their `rev`, unless they exist. Returns the ids inserted. @param rooms at most 500 */
  async importRooms(rooms: readonly ImportedRoom[]): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `INSERT INTO rooms (id, type, name, description, avatar_media_id, is_public, meta_tags, active, history_visibility, slow_mode_seconds,
         team_id, user_low, user_high, created_by, created_at, updated_at, deleted_at)
       SELECT x.id, x.type, x.name, x.description, x."avatarMediaId", x."isPublic", ARRAY(
           SELECT tag FROM jsonb_array_elements_text(x."metaTags") WITH ORDINALITY t (tag, position) ORDER BY position),
         x.active, x."historyVisibility", x."slowModeSeconds", x."teamId",
         least((x."userIds" ->> 0)::uuid, (x."userIds" ->> 1)::uuid), greatest((x."userIds" ->> 0)::uuid, (x."userIds" ->> 1)::uuid),
         x."createdBy", x."createdAt", x."updatedAt", x."deletedAt"
       FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, type text, name text, description text, "avatarMediaId" uuid, "isPublic" boolean,
         "metaTags" jsonb, active boolean, "historyVisibility" text, "slowModeSeconds" integer, "teamId" uuid, "userIds" jsonb,
         "createdBy" uuid, "createdAt" timestamptz, "updatedAt" timestamptz, "deletedAt" timestamptz)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [JSON.stringify(rooms)],
    );
    const inserted = new Set(rows.map(({ id }) => id));
    const withHead = rooms.filter(({ id, deletedAt }) => inserted.has(id) && deletedAt === null);
    await this.transactions.query(
      `INSERT INTO room_heads (room_id, rev, log_floor, last_at)
       SELECT x.id, x.rev, x.rev, x.at FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) x (id, rev, at)`,
      [withHead.map(({ id }) => id), withHead.map(({ rev }) => rev), withHead.map(({ createdAt }) => createdAt)],
    );
    return [...inserted];
  }

  /**
   * Raises `rev` to at least the one given and the log floor to it, so that sync cursors below get `reset`. Expects the locked room head.
   * @param known whether clients may hold a sync cursor of the room: then `rev` rises by at least 1
   */
  async resetLog(roomId: string, rev: number, known: boolean): Promise<void> {
    await this.transactions.query(
      `UPDATE room_heads h SET rev = x.rev, log_floor = x.rev
       FROM (SELECT greatest(rev + CASE WHEN $3 THEN 1 ELSE 0 END, $2) AS rev FROM room_heads WHERE room_id = $1) x WHERE h.room_id = $1`,
      [roomId, rev, known],
    );
  }

  /**
   * Moves the head past appended messages, and the read marks of their authors to their own newest message. Expects the locked room head.
   * @param messages ascending by seq
   */
  async advanceHead(roomId: string, messages: readonly AppendedMessage[]): Promise<void> {
    const last = messages.at(-1);
    if (!last) return;
    await this.transactions.query(
      `UPDATE room_heads SET last_seq = $2, last_n = $3, last_at = greatest(last_at, least(clock_timestamp(), (
         SELECT max(at) FROM unnest($4::timestamptz[]) AS at))) WHERE room_id = $1`,
      [roomId, last.seq, last.n, messages.map(({ createdAt }) => createdAt)],
    );
    const own = messages.filter(({ type }) => type !== 'system');
    await this.transactions.query(
      `UPDATE room_users ru SET last_read_seq = k.seq, last_read_n = k.n
       FROM (SELECT user_id, max(seq) AS seq, max(n) AS n FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) u (user_id, seq, n)
         GROUP BY user_id) k
       WHERE ru.room_id = $1 AND ru.user_id = k.user_id AND ru.last_read_seq < k.seq`,
      [roomId, own.map(({ userId }) => userId), own.map(({ seq }) => seq), own.map(({ n }) => n)],
    );
  }

  /**
   * Inserts members and returns their number. Of a silence kept here and an imported one, the longer holds. Expects the locked room head;
   * locks the user heads. @param members at most 500, none of them a member already
   */
  async importMembers(roomId: string, members: readonly ImportedMember[]): Promise<number> {
    await this.heads.nextNumbers(members.map(({ userId }) => userId));
    const rows = await this.transactions.query(
      `WITH kept AS (DELETE FROM room_silences WHERE room_id = $1 AND user_id = ANY ($3::uuid[]) RETURNING user_id, until)
       INSERT INTO room_users (room_id, user_id, role, allow, deny, created_by, joined_at, joined_rev, visible_from_seq, last_read_seq,
         last_read_n, last_seen_at, silenced_until, muted, pinned, archived, draft)
       SELECT $1, x."userId", x.role, x.allow, x.deny, x."createdBy", x."joinedAt", h.rev, x."visibleFromSeq", x."lastReadSeq",
         x."lastReadN", x."lastSeenAt", greatest(x."silencedUntil", kept.until), x.muted, x.pinned, x.archived, x.draft
       FROM jsonb_to_recordset($2::jsonb) AS x ("userId" uuid, role text, allow bigint, deny bigint, "createdBy" uuid, "joinedAt" timestamptz,
         "visibleFromSeq" bigint, "lastReadSeq" bigint, "lastReadN" bigint, "lastSeenAt" timestamptz, "silencedUntil" timestamptz,
         muted boolean, pinned boolean, archived boolean, draft text)
       JOIN room_heads h ON h.room_id = $1 LEFT JOIN kept ON kept.user_id = x."userId" RETURNING 1`,
      [roomId, JSON.stringify(members), members.map(({ userId }) => userId)],
    );
    await this.transactions.query(`UPDATE room_heads SET member_count = member_count + $2 WHERE room_id = $1`, [roomId, rows.length]);
    return rows.length;
  }

  /** Inserts bans of users who are not banned yet. Returns their number. Expects the locked room head. @param bans at most 1,000 */
  async importBans(roomId: string, bans: readonly ImportedBan[]): Promise<number> {
    const rows = await this.transactions.query(
      `INSERT INTO room_bans (room_id, user_id, until, reason, created_by, created_at)
       SELECT $1, x."userId", x.until, x.reason, x."createdBy", x."createdAt"
       FROM jsonb_to_recordset($2::jsonb) AS x ("userId" uuid, until timestamptz, reason text, "createdBy" uuid, "createdAt" timestamptz)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [roomId, JSON.stringify(bans)],
    );
    return rows.length;
  }
}
