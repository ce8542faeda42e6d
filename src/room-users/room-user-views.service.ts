import { Injectable } from '@nestjs/common';
import { decodeCursor, encodeCursor, type Page } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import type { ReadMarkRow } from '../room-access/read-mark.repository.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { RoomFull } from '../room-access/room-access.errors.js';
import type { RoomRole } from '../room-access/room.types.js';
import type { Room } from '../room-access/room.entity.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import { userJson } from '../users/user.view.js';
import {
  type BanView,
  membershipJson,
  type MembershipView,
  type ReadStateView,
  roomUserJson,
  type RoomUsersPage,
  type RoomUserView,
  type RowAliases,
} from './room-user.view.js';
import { AlreadyMember, TooManyRooms } from './room-users.errors.js';

const ROWS: RowAliases = { member: 'ru', user: 'u', room: 'r', head: 'h' };

const SEATS = `room_users ru JOIN users u ON u.id = ru.user_id JOIN rooms r ON r.id = ru.room_id JOIN room_heads h ON h.room_id = ru.room_id`;

interface MemberListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly query?: string;
  readonly role?: RoomRole;
}

/** Any text as a pattern of ILIKE that contains it. */
export const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** Seats as answers, and what is asked before one is given. Nothing here judges who asks. */
@Injectable()
export class RoomUserViews {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** People in a room as a broadcast shows them, in the order given; who is not in it is left out. */
  async getNeutralRoomUsers(roomId: string, userIds: readonly string[]): Promise<RoomUserView[]> {
    const rows = await this.transactions.query<{ view: RoomUserView }>(
      `SELECT ${roomUserJson(ROWS, null)} AS view FROM ${SEATS} WHERE ru.room_id = $1 AND ru.user_id = ANY ($2::uuid[])
       ORDER BY array_position($2::uuid[], ru.user_id)`,
      [roomId, userIds],
    );
    return rows.map((row) => row.view);
  }

  /** Somebody in a room as another sees them; null when they are not in it. */
  async getRoomUser(roomId: string, userId: string, viewerId: string): Promise<RoomUserView | null> {
    const [row] = await this.transactions.query<{ view: RoomUserView }>(
      `SELECT ${roomUserJson(ROWS, '$3::uuid')} AS view FROM ${SEATS} WHERE ru.room_id = $1 AND ru.user_id = $2`,
      [roomId, userId, viewerId],
    );
    return row?.view ?? null;
  }

  /** People in a room as another sees them, in the order given. */
  async getRoomUsers(roomId: string, userIds: readonly string[], viewerId: string): Promise<RoomUserView[]> {
    const rows = await this.transactions.query<{ view: RoomUserView }>(
      `SELECT ${roomUserJson(ROWS, '$3::uuid')} AS view FROM ${SEATS} WHERE ru.room_id = $1 AND ru.user_id = ANY ($2::uuid[])
       ORDER BY array_position($2::uuid[], ru.user_id)`,
      [roomId, userIds, viewerId],
    );
    return rows.map((row) => row.view);
  }

  /** Somebody's own seats in these rooms, by room; those that live. @param roomIds at most 1,000 */
  async getMemberships(userId: string, roomIds: readonly string[]): Promise<Map<string, MembershipView>> {
    const rows = await this.transactions.query<{ room_id: string; view: MembershipView }>(
      `SELECT ru.room_id, ${membershipJson(ROWS)} AS view FROM ${SEATS}
       WHERE ru.user_id = $1 AND ru.room_id = ANY ($2::uuid[]) AND r.deleted_at IS NULL`,
      [userId, roomIds],
    );
    return new Map(rows.map((row) => [row.room_id, row.view]));
  }

  async getMembership(roomId: string, userId: string): Promise<MembershipView | null> {
    return (await this.getMemberships(userId, [roomId])).get(roomId) ?? null;
  }

  /** Who sits in a room, by id, with the head as it was before the rows were read. */
  async listMembers({ room, head, member }: RoomGrant, { limit, cursor, query, role }: MemberListQuery): Promise<RoomUsersPage> {
    const rows = await this.transactions.query<{ user_id: string; view: RoomUserView }>(
      `SELECT ru.user_id, ${roomUserJson(ROWS, '$2::uuid')} AS view FROM ${SEATS}
       WHERE ru.room_id = $1 AND ($3::uuid IS NULL OR ru.user_id > $3) AND ($4::text IS NULL OR ru.role = $4)
         AND ($5::text IS NULL OR (u.username || ' ' || coalesce(u.display_name, '')) ILIKE $5)
       ORDER BY ru.user_id LIMIT $6`,
      [room.id, member.userId, ...decodeCursor(cursor, ['id']), role ?? null, query ? containing(query) : null, limit + 1],
    );
    return { ...byId(rows, limit), seq: head.lastSeq, rev: head.rev };
  }

  /** The living bans of a room, by the id of the banned. */
  async listBans(roomId: string, { limit, cursor }: Pick<MemberListQuery, 'limit' | 'cursor'>): Promise<Page<BanView>> {
    const rows = await this.transactions.query<{ user_id: string; view: BanView }>(
      `SELECT b.user_id, json_build_object('user', ${userJson('u')}, 'until', ${timeJson('b.until')}, 'reason', b.reason,
         'by', b.created_by, 'createdAt', ${timeJson('b.created_at')}) AS view
       FROM room_bans b JOIN users u ON u.id = b.user_id
       WHERE b.room_id = $1 AND (b.until IS NULL OR b.until > now()) AND ($2::uuid IS NULL OR b.user_id > $2)
       ORDER BY b.user_id LIMIT $3`,
      [roomId, ...decodeCursor(cursor, ['id']), limit + 1],
    );
    return byId(rows, limit);
  }

  /** Marks as they can be written: those of seats in living rooms, none beyond its room's head, each with the `n` there. */
  resolveReadMarks(marks: readonly Omit<ReadMarkRow, 'n'>[]): Promise<ReadMarkRow[]> {
    return this.transactions.query<ReadMarkRow>(
      `SELECT ru.room_id AS "roomId", ru.user_id AS "userId", least(k.seq, h.last_seq) AS seq,
         coalesce((SELECT m.n FROM messages m WHERE m.room_id = ru.room_id AND m.seq <= least(k.seq, h.last_seq)
           ORDER BY m.seq DESC LIMIT 1), 0) AS n
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) k (room_id, user_id, seq)
       JOIN room_users ru ON ru.room_id = k.room_id AND ru.user_id = k.user_id
       JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = r.id`,
      [marks.map((mark) => mark.roomId), marks.map((mark) => mark.userId), marks.map((mark) => mark.seq)],
    );
  }

  /** What is read and unread in these seats. */
  readStates(seats: readonly { roomId: string; userId: string }[]): Promise<(ReadStateView & { roomId: string; userId: string })[]> {
    return this.transactions.query(
      `SELECT ru.room_id AS "roomId", ru.user_id AS "userId", ru.last_read_seq AS "lastReadSeq",
         ${unreadCountSql('ru', 'h')} AS "unreadCount", ${mentionCountSql('ru')} AS "mentionCount"
       FROM unnest($1::uuid[], $2::uuid[]) k (room_id, user_id)
       JOIN room_users ru ON ru.room_id = k.room_id AND ru.user_id = k.user_id JOIN room_heads h ON h.room_id = ru.room_id`,
      [seats.map((seat) => seat.roomId), seats.map((seat) => seat.userId)],
    );
  }

  /**
   * Whether there is room for these people, of whom none may sit in it already.
   * Expects the transaction that holds the room's head and the people's.
   * @throws AlreadyMember, RoomFull, TooManyRooms
   */
  async requireCapacity({ id, type }: Room, { memberCount }: RoomHead, userIds: readonly string[]): Promise<void> {
    const { maxMembers, maxPerUser } = this.settings.rooms;
    const [people] = await this.transactions.query<{ seated: boolean; crowded: boolean }>(
      `SELECT bool_or(EXISTS (SELECT 1 FROM room_users s WHERE s.room_id = $1 AND s.user_id = id)) AS seated,
         bool_or((SELECT count(*) FROM (SELECT 1 FROM room_users s WHERE s.user_id = id LIMIT $3) sat) >= $3) AS crowded
       FROM unnest($2::uuid[]) AS id`,
      [id, userIds, maxPerUser],
    );
    if (people?.seated) throw new AlreadyMember();
    if (type !== 'channel' && memberCount + userIds.length > maxMembers) throw new RoomFull();
    if (people?.crowded) throw new TooManyRooms();
  }

  /** When each of these people last said something in the room. One row a person, by `messages_author_idx`. @param userIds at most 100 */
  async lastSends(roomId: string, userIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.transactions.query<{ user_id: string; created_at: Date }>(
      `SELECT u.user_id, m.created_at FROM unnest($2::uuid[]) u (user_id) CROSS JOIN LATERAL (SELECT created_at FROM messages
         WHERE user_id = u.user_id AND room_id = $1 AND type <> 'system' ORDER BY seq DESC LIMIT 1) m`,
      [roomId, userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.created_at]));
  }
}

function byId<View>(rows: readonly { user_id: string; view: View }[], limit: number): Page<View> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map((row) => row.view), nextCursor: rows.length > limit && last ? encodeCursor([last.user_id]) : null };
}
