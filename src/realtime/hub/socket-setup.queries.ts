import { Injectable } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Transactions } from '../../database/transactions.js';
import { MEMBERSHIP_JSON, type MembershipView } from '../../room-users/room-user.view.js';
import { messageJson, type MessageView } from '../../timeline/message.view.js';
import { userJson, type UserView } from '../../users/user.view.js';
import type { RoomSnapshot } from './room-channel.js';

const AT_ONCE = 1_000;
const FROM_SEAT = `FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL
  JOIN room_heads h ON h.room_id = r.id JOIN users u ON u.id = ru.user_id`;

export interface ReadyState {
  user: UserView;
  my: number;
}

export interface SubscribableRoom {
  roomId: string;
  visibleFrom: number;
}

/** What a socket is told when it arrives, and when a room comes to it. */
@Injectable()
export class SocketSetupQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Undefined when the session, or the person, is no more. */
  async readyState(userId: string, sessionId: string | null): Promise<ReadyState | undefined> {
    const [row] = await this.transactions.queryPrepared<ReadyState>(
      `SELECT ${userJson('u')} AS user, 
         coalesce((SELECT my FROM user_heads WHERE user_id = u.id), 0) AS my
       FROM users u LEFT JOIN sessions s ON s.id = $2
       WHERE u.id = $1 AND u.deleted_at IS NULL AND u.deactivated_at IS NULL
         AND ($2::uuid IS NULL OR (s.ended_at IS NULL AND s.expires_at > now()))`,
      [userId, sessionId],
    );
    return row;
  }

  subscribableRooms(userId: string): Promise<SubscribableRoom[]> {
    return this.transactions.queryPrepared<SubscribableRoom>(
      `SELECT ru.room_id AS "roomId", ru.visible_from_seq AS "visibleFrom"
       FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL WHERE ru.user_id = $1`,
      [userId],
    );
  }

  /** One of them, if the person sits there. */
  subscribableRoom(userId: string, roomId: string): Promise<SubscribableRoom[]> {
    return this.transactions.queryPrepared<SubscribableRoom>(
      `SELECT ru.room_id AS "roomId", ru.visible_from_seq AS "visibleFrom"
       FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL WHERE ru.user_id = $1 AND ru.room_id = $2`,
      [userId, roomId],
    );
  }

  /** Where rooms stand now. */
  async snapshots(roomIds: readonly string[]): Promise<RoomSnapshot[]> {
    const starts: RoomSnapshot[] = [];
    for (const some of chunks(roomIds, AT_ONCE)) {
      const rows = await this.transactions.queryPrepared<RoomSnapshot>(
        `SELECT h.room_id AS "roomId", h.last_seq AS seq, h.rev, h.fence, r.team_id AS "teamId", r.user_low AS "userLow", r.user_high AS "userHigh"
         FROM room_heads h JOIN rooms r ON r.id = h.room_id WHERE h.room_id = ANY ($1::uuid[])`,
        [some],
      );
      starts.push(...rows);
    }
    return starts;
  }

  /** The messages of a room that has only just come to be. */
  async firstMessages(roomId: string, upTo: number): Promise<MessageView[]> {
    const rows = await this.transactions.query<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: null, visibleFrom: null })} AS view FROM messages m
       WHERE m.room_id = $1 AND m.seq <= $2 ORDER BY m.seq LIMIT ${AT_ONCE}`,
      [roomId, upTo],
    );
    return rows.map((row) => row.view);
  }

  async membership(userId: string, roomId: string): Promise<MembershipView | undefined> {
    const [row] = await this.transactions.queryPrepared<{ membership: MembershipView }>(
      `SELECT ${MEMBERSHIP_JSON} AS membership ${FROM_SEAT} WHERE ru.room_id = $1 AND ru.user_id = $2`,
      [roomId, userId],
    );
    return row?.membership;
  }
}
