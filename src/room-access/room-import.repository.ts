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
  /** A team that is gone, and to which private rooms still belong. */
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

/** What a head needs to know of a message that was taken over. */
interface Appended {
  seq: number;
  n: number;
  rev: number;
  type: string;
  userId: string;
  createdAt: string;
}

/** Rooms and seats as rows that are taken over. No step of the log tells of them: whoever knew the room before begins it anew. */
@Injectable()
export class RoomImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
  ) {}

  /** Opens rooms that are not there, empty: their ids. Cursors below their `rev` cannot be continued. @param rooms at most 500 */
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
    const opened = new Set(rows.map(({ id }) => id));
    const living = rooms.filter(({ id, deletedAt }) => opened.has(id) && deletedAt === null);
    await this.transactions.query(
      `INSERT INTO room_heads (room_id, rev, log_floor, last_at)
       SELECT x.id, x.rev, x.rev, x.at FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) x (id, rev, at)`,
      [living.map(({ id }) => id), living.map(({ rev }) => rev), living.map(({ createdAt }) => createdAt)],
    );
    return [...opened];
  }

  /**
   * Cuts the log off: no cursor from before can be continued. `rev` is never lower afterwards than the one given. Expects the room's head.
   * @param known whether somebody may hold a cursor of the room: then it takes a rev of its own
   */
  async resetLog(roomId: string, rev: number, known: boolean): Promise<void> {
    await this.transactions.query(
      `UPDATE room_heads h SET rev = x.rev, log_floor = x.rev
       FROM (SELECT greatest(rev + CASE WHEN $3 THEN 1 ELSE 0 END, $2) AS rev FROM room_heads WHERE room_id = $1) x WHERE h.room_id = $1`,
      [roomId, rev, known],
    );
  }

  /**
   * Moves the head past messages that were appended, and with it the marks of their authors: none lies below one's own newest message.
   * Expects the room's head. @param messages ascending by seq
   */
  async advanceHead(roomId: string, messages: readonly Appended[]): Promise<void> {
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
   * Seats people who have no seat: how many. A silence that waits for them here holds as well as one that they bring. Expects the room's
   * head, and takes the people's. @param seats at most 500
   */
  async importMembers(roomId: string, seats: readonly ImportedMember[]): Promise<number> {
    await this.heads.nextNumbers(seats.map(({ userId }) => userId));
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
      [roomId, JSON.stringify(seats), seats.map(({ userId }) => userId)],
    );
    await this.transactions.query(`UPDATE room_heads SET member_count = member_count + $2 WHERE room_id = $1`, [roomId, rows.length]);
    return rows.length;
  }

  /** How many were new; a ban that stands stays as it is. Expects the room's head. @param bans at most 1,000 */
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
