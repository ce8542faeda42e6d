import { Injectable } from '@nestjs/common';
import { decodeCursor, type Page, pageOf, type PageQuery } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { UserNotFound } from '../users/users.errors.js';
import type { FriendRequestsQuery } from './dto/friend-requests.dto.js';
import type { FriendRequest } from './friend-request.entity.js';
import { FriendRequestNotFound } from './friends.errors.js';
import { BLOCK_JSON, type BlockView, FRIEND_JSON, FRIEND_REQUEST_JSON, type FriendRequestView, type FriendView } from './friends.view.js';

/** A row that carries its answer and its place in the list. */
interface PairRow<View> {
  id: string;
  at: string;
  view: View;
}

/** Who asked whom, without their faces. */
export type RequestRow = Pick<FriendRequest, 'id' | 'fromUserId' | 'toUserId' | 'status'>;

const REQUEST_ROW = `SELECT id, from_user_id AS "fromUserId", to_user_id AS "toUserId", status FROM friend_requests`;

/** The reads of this module; a list is newest first, and one query however long the page. */
@Injectable()
export class FriendsQueries {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  async requestRow(id: string): Promise<RequestRow | null> {
    const [row] = await this.transactions.query<RequestRow>(`${REQUEST_ROW} WHERE id = $1`, [id]);
    return row ?? null;
  }

  /** The pair's pending request, whoever sent it. */
  async pendingBetween(a: string, b: string): Promise<RequestRow | null> {
    const [row] = await this.transactions.query<RequestRow>(
      `${REQUEST_ROW} WHERE least(from_user_id, to_user_id) = least($1::uuid, $2)
         AND greatest(from_user_id, to_user_id) = greatest($1::uuid, $2) AND status = 'pending'`,
      [a, b],
    );
    return row ?? null;
  }

  /** Seconds until somebody may ask a person again who has rejected them; 0: now, also when that person has asked them since. */
  async coolDown(from: string, to: string): Promise<number> {
    const [rejected] = await this.transactions.query<{ wait: number }>(
      `SELECT ceil(extract(epoch FROM r.decided_at + make_interval(hours => $3) - clock_timestamp()))::integer AS wait
       FROM friend_requests r
       WHERE r.from_user_id = $1 AND r.to_user_id = $2 AND r.status = 'rejected'
         AND NOT EXISTS (SELECT 1 FROM friend_requests back
           WHERE back.from_user_id = $2 AND back.to_user_id = $1 AND back.created_at >= r.decided_at)
       ORDER BY r.decided_at DESC LIMIT 1`,
      [from, to, this.settings.friends.cooldownHours],
    );
    return Math.max(rejected?.wait ?? 0, 0);
  }

  /** Whether as many of the person's requests wait for an answer as may. */
  async hasAskedEnough(userId: string): Promise<boolean> {
    const [waiting] = await this.transactions.query<{ count: number }>(
      `SELECT count(*) FROM friend_requests WHERE from_user_id = $1 AND status = 'pending'`,
      [userId],
    );
    return (waiting?.count ?? 0) >= this.settings.friends.maxPending;
  }

  /** Some of those with whom somebody is friends, or has a pending request. */
  async findRelatedUserIds(userId: string, limit: number): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT user_high AS id FROM friendships WHERE user_low = $1
       UNION SELECT user_low FROM friendships WHERE user_high = $1
       UNION SELECT to_user_id FROM friend_requests WHERE from_user_id = $1 AND status = 'pending'
       UNION SELECT from_user_id FROM friend_requests WHERE to_user_id = $1 AND status = 'pending'
       LIMIT $2`,
      [userId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether somebody has blocked a person already, and whether they may block one more. @throws UserNotFound */
  async blockState(userId: string, other: string): Promise<{ blocked: boolean; full: boolean }> {
    const [state] = await this.transactions.query<{ blocked: boolean; count: number }>(
      `SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = u.id) AS blocked,
         (SELECT count(*) FROM blocks WHERE user_id = $1) AS count
       FROM users u WHERE u.id = $2 AND u.deleted_at IS NULL AND u.deactivated_at IS NULL`,
      [userId, other],
    );
    if (!state) throw new UserNotFound();
    return { blocked: state.blocked, full: state.count >= this.settings.friends.maxBlocks };
  }

  /** The private rooms of two people: their own, and those inside teams. */
  async findPrivateRooms(a: string, b: string): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM rooms WHERE user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2)
         AND type = 'private_messages' AND team_id IS NULL AND deleted_at IS NULL
       UNION ALL
       SELECT r.id FROM room_users ru JOIN rooms r ON r.id = ru.room_id
       WHERE ru.user_id = $1 AND r.user_low = least($1::uuid, $2) AND r.user_high = greatest($1::uuid, $2)
         AND r.team_id IS NOT NULL AND r.deleted_at IS NULL`,
      [a, b],
    );
    return rows.map(({ id }) => id);
  }

  /** @throws FriendRequestNotFound */
  async getFriendRequest(id: string): Promise<FriendRequestView> {
    const [row] = await this.transactions.query<{ view: FriendRequestView }>(
      `SELECT ${FRIEND_REQUEST_JSON} AS view FROM friend_requests r
       JOIN users f ON f.id = r.from_user_id JOIN users t ON t.id = r.to_user_id WHERE r.id = $1`,
      [id],
    );
    if (!row) throw new FriendRequestNotFound();
    return row.view;
  }

  async listFriendRequests(userId: string, { direction, status, limit, cursor }: FriendRequestsQuery): Promise<Page<FriendRequestView>> {
    const [before] = decodeCursor(cursor, ['id']);
    const of = (column: string): string => `(SELECT * FROM friend_requests WHERE ${column} = $1
      AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4)`;
    const sources = [...(direction === 'sent' ? [] : [of('to_user_id')]), ...(direction === 'received' ? [] : [of('from_user_id')])];
    const rows = await this.transactions.query<PairRow<FriendRequestView>>(
      `SELECT r.id, ${FRIEND_REQUEST_JSON} AS view FROM (${sources.join(' UNION ALL ')}) r
       JOIN users f ON f.id = r.from_user_id JOIN users t ON t.id = r.to_user_id ORDER BY r.id DESC LIMIT $4`,
      [userId, status ?? null, before, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => [row.id],
      (row) => row.view,
    );
  }

  listFriends(userId: string, query: PageQuery): Promise<Page<FriendView>> {
    return this.newestFirst<FriendView>(
      `SELECT u.id, ${timeJson('f.created_at')} AS at, ${FRIEND_JSON} AS view
       FROM (SELECT user_high AS other_id, created_at FROM friendships WHERE user_low = $1
             UNION ALL SELECT user_low, created_at FROM friendships WHERE user_high = $1) f
       JOIN users u ON u.id = f.other_id
       LEFT JOIN rooms r ON r.user_low = least(u.id, $1) AND r.user_high = greatest(u.id, $1)
         AND r.type = 'private_messages' AND r.team_id IS NULL AND r.deleted_at IS NULL
       WHERE $2::timestamptz IS NULL OR (f.created_at, u.id) < ($2, $3::uuid)
       ORDER BY f.created_at DESC, u.id DESC LIMIT $4`,
      userId,
      query,
    );
  }

  listBlocks(userId: string, query: PageQuery): Promise<Page<BlockView>> {
    return this.newestFirst<BlockView>(
      `SELECT u.id, ${timeJson('b.created_at')} AS at, ${BLOCK_JSON} AS view
       FROM blocks b JOIN users u ON u.id = b.blocked_id
       WHERE b.user_id = $1 AND ($2::timestamptz IS NULL OR (b.created_at, u.id) < ($2, $3::uuid))
       ORDER BY b.created_at DESC, u.id DESC LIMIT $4`,
      userId,
      query,
    );
  }

  /** `sql` takes the user, the time and the id of the last one seen, and how many. */
  private async newestFirst<View>(sql: string, userId: string, { limit, cursor }: PageQuery): Promise<Page<View>> {
    const [at, id] = decodeCursor(cursor, ['time', 'id']);
    const rows = await this.transactions.query<PairRow<View>>(sql, [userId, at, id, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.at, row.id],
      (row) => row.view,
    );
  }
}
