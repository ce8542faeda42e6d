import { Injectable } from '@nestjs/common';
import { decodeCursor, pageOf, type Page } from '../common/page.js';
import { likePattern, timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomNotFound, RoomUserNotFound } from '../room-access/room-access.errors.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomRole } from '../room-access/room.types.js';
import { userJson } from '../users/user.view.js';
import {
  MEMBER_ROWS,
  MEMBERSHIP_JSON,
  roomUserJson,
  type BanView,
  type MembershipView,
  type RoomUsersPage,
  type RoomUserView,
} from './room-user.view.js';

interface MemberListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly query?: string;
  readonly role?: RoomRole;
}

/** Builds the views of members and bans. Checks no access. */
@Injectable()
export class RoomUserViews {
  constructor(private readonly transactions: Transactions) {}

  /** Returns members in the order given; other users are left out. @param viewerId null builds the neutral views for broadcasts */
  async getRoomUsers(roomId: string, userIds: readonly string[], viewerId: string | null): Promise<RoomUserView[]> {
    const rows = await this.transactions.query<{ view: RoomUserView }>(
      `SELECT ${roomUserJson(viewerId && '$3::uuid')} AS view FROM ${MEMBER_ROWS} WHERE ru.room_id = $1 AND ru.user_id = ANY ($2::uuid[])
       ORDER BY array_position($2::uuid[], ru.user_id)`,
      viewerId ? [roomId, userIds, viewerId] : [roomId, userIds],
    );
    return rows.map((row) => row.view);
  }

  /** @throws RoomUserNotFound */
  async getRoomUser(roomId: string, userId: string, viewerId: string): Promise<RoomUserView> {
    const [view] = await this.getRoomUsers(roomId, [userId], viewerId);
    if (!view) throw new RoomUserNotFound();
    return view;
  }

  /** @throws RoomNotFound if the user is not a member */
  async getMembership(roomId: string, userId: string): Promise<MembershipView> {
    const [row] = await this.transactions.query<{ view: MembershipView }>(
      `SELECT ${MEMBERSHIP_JSON} AS view FROM ${MEMBER_ROWS} WHERE ru.user_id = $1 AND ru.room_id = $2 AND r.deleted_at IS NULL`,
      [userId, roomId],
    );
    if (!row) throw new RoomNotFound();
    return row.view;
  }

  /** Reads a page of members by id, with the room head of the grant, which was read before them. */
  async listMembers({ room, head, member }: RoomGrant, { limit, cursor, query, role }: MemberListQuery): Promise<RoomUsersPage> {
    const rows = await this.transactions.query<{ user_id: string; view: RoomUserView }>(
      `SELECT ru.user_id, ${roomUserJson('$2::uuid')} AS view FROM ${MEMBER_ROWS}
       WHERE ru.room_id = $1 AND ($3::uuid IS NULL OR ru.user_id > $3) AND ($4::text IS NULL OR ru.role = $4)
         AND ($5::text IS NULL OR (u.username || ' ' || coalesce(u.display_name, '')) ILIKE $5)
       ORDER BY ru.user_id LIMIT $6`,
      [room.id, member.userId, ...decodeCursor(cursor, ['id']), role ?? null, query ? likePattern(query) : null, limit + 1],
    );
    return { ...pageByUser(rows, limit), seq: head.lastSeq, rev: head.rev };
  }

  /** Reads a page of the bans in force, by the id of the user. */
  async listBans(roomId: string, { limit, cursor }: Pick<MemberListQuery, 'limit' | 'cursor'>): Promise<Page<BanView>> {
    const rows = await this.transactions.query<{ user_id: string; view: BanView }>(
      `SELECT b.user_id, json_build_object('user', ${userJson('u')}, 'until', ${timeJson('b.until')}, 'reason', b.reason,
         'by', b.created_by, 'createdAt', ${timeJson('b.created_at')}) AS view
       FROM room_bans b JOIN users u ON u.id = b.user_id
       WHERE b.room_id = $1 AND (b.until IS NULL OR b.until > now()) AND ($2::uuid IS NULL OR b.user_id > $2)
       ORDER BY b.user_id LIMIT $3`,
      [roomId, ...decodeCursor(cursor, ['id']), limit + 1],
    );
    return pageByUser(rows, limit);
  }
}

const pageByUser = <View>(rows: { user_id: string; view: View }[], limit: number): Page<View> =>
  pageOf(
    rows,
    limit,
    (row) => [row.user_id],
    (row) => row.view,
  );
