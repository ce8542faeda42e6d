import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Transactions } from '../../database/transactions.js';
import { MEMBER_ROWS, MEMBERSHIP_JSON, type MembershipView } from '../../room-users/room-user.view.js';
import { messageJson, type MessageView } from '../../timeline/message.view.js';
import { userJson, type UserView } from '../../users/user.view.js';
import type { RoomSnapshot } from './room-channel.js';

const ROWS_PER_QUERY = 1_000;
const SUBSCRIBABLE = `SELECT ru.room_id AS "roomId", ru.visible_from_seq AS "visibleFrom"
  FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL WHERE ru.user_id = $1`;

export interface ReadyState {
  user: UserView;
  my: number;
}

export interface SubscribableRoom {
  roomId: string;
  visibleFrom: number;
}

/** What a new socket, or a socket in a new room, is sent. */
@Injectable()
export class SocketSetupQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Returns undefined if the session ended, or the account is not active. */
  async readyState(userId: string, sessionId: string | null): Promise<ReadyState | undefined> {
    const [row] = await this.transactions.queryPrepared<ReadyState>(
      `SELECT ${userJson('u')} AS user, coalesce((SELECT my FROM user_heads WHERE user_id = u.id), 0) AS my
       FROM users u LEFT JOIN sessions s ON s.id = $2
       WHERE u.id = $1 AND u.deleted_at IS NULL AND u.deactivated_at IS NULL
         AND ($2::uuid IS NULL OR (s.ended_at IS NULL AND s.expires_at > now()))`,
      [userId, sessionId],
    );
    return row;
  }

  subscribableRooms(userId: string): Promise<SubscribableRoom[]> {
    return this.transactions.queryPrepared<SubscribableRoom>(SUBSCRIBABLE, [userId]);
  }

  /** Returns undefined if the user is not a member of the room. */
  async subscribableRoom(userId: string, roomId: string): Promise<SubscribableRoom | undefined> {
    const [row] = await this.transactions.queryPrepared<SubscribableRoom>(`${SUBSCRIBABLE} AND ru.room_id = $2`, [userId, roomId]);
    return row;
  }

  async snapshots(roomIds: readonly string[]): Promise<RoomSnapshot[]> {
    const snapshots: RoomSnapshot[] = [];
    for (const some of chunks(roomIds, ROWS_PER_QUERY)) {
      const rows = await this.transactions.queryPrepared<RoomSnapshot>(
        `SELECT h.room_id AS "roomId", h.last_seq AS seq, h.rev, h.fence, r.team_id AS "teamId", r.user_low AS "userLow", r.user_high AS "userHigh"
         FROM room_heads h JOIN rooms r ON r.id = h.room_id WHERE h.room_id = ANY ($1::uuid[])`,
        [some],
      );
      snapshots.push(...rows);
    }
    return snapshots;
  }

  /** Returns the neutral views of the first messages of a new room. */
  async firstMessages(roomId: string, upTo: number): Promise<MessageView[]> {
    const rows = await this.transactions.query<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: null, visibleFrom: null })} AS view FROM messages m
       WHERE m.room_id = $1 AND m.seq <= $2 ORDER BY m.seq LIMIT ${ROWS_PER_QUERY}`,
      [roomId, upTo],
    );
    return rows.map((row) => row.view);
  }

  async membership(userId: string, roomId: string): Promise<MembershipView | undefined> {
    const [row] = await this.transactions.queryPrepared<{ membership: MembershipView }>(
      `SELECT ${MEMBERSHIP_JSON} AS membership FROM ${MEMBER_ROWS} WHERE ru.room_id = $1 AND ru.user_id = $2 AND r.deleted_at IS NULL`,
      [roomId, userId],
    );
    return row?.membership;
  }
}
