import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.js';
import type { ChangeKind } from '../../room-access/room.types.js';
import { roomUserJson, type RoomUserView } from '../../room-users/room-user.view.js';
import { NEUTRAL_ROOM_JSON, type NeutralRoomView } from '../../rooms/room.view.js';
import { messageJson, type MessageView } from '../../timeline/message.view.js';
import type { RoomPosition } from '../hub/room-channel.js';

const ROWS_PER_STEP = 200;

export interface RoomHead extends RoomPosition {
  roomId: string;
  fence: number;
  logFloor: number;
}

/** The latest change of one entity, with its present state; `roomUser` is null for a former member. */
export interface LoggedChange {
  rev: number;
  kind: ChangeKind;
  entityId: string;
  message: MessageView | null;
  roomUser: (RoomUserView & { joinedRev: number }) | null;
  room: NeutralRoomView | null;
}

/** Heads to compare, and the messages and changes after a position. */
@Injectable()
export class RepairQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Reads heads by primary key. @param roomIds at most 1,000 */
  roomHeads(roomIds: readonly string[]): Promise<RoomHead[]> {
    return this.transactions.query<RoomHead>(
      `SELECT room_id AS "roomId", last_seq AS seq, rev, fence, log_floor AS "logFloor" FROM room_heads WHERE room_id = ANY ($1::uuid[])`,
      [roomIds],
    );
  }

  /** Returns the neutral views of the next messages. */
  async messagesAfter(roomId: string, seq: number): Promise<MessageView[]> {
    const rows = await this.transactions.query<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: null, visibleFrom: null })} AS view FROM messages m
       WHERE m.room_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT ${ROWS_PER_STEP}`,
      [roomId, seq],
    );
    return rows.map((row) => row.view);
  }

  changesAfter(roomId: string, rev: number): Promise<LoggedChange[]> {
    return this.transactions.query<LoggedChange>(
      `SELECT c.rev, c.kind, c.entity_id AS "entityId",
         CASE c.kind WHEN 'message' THEN
           (SELECT ${messageJson({ viewer: null, visibleFrom: null })} FROM messages m WHERE m.room_id = c.room_id AND m.id = c.entity_id) END AS message,
         CASE c.kind WHEN 'room-user' THEN (SELECT ${roomUserJson(null)}::jsonb || jsonb_build_object('joinedRev', ru.joined_rev)
           FROM room_users ru JOIN users u ON u.id = ru.user_id WHERE ru.room_id = c.room_id AND ru.user_id = c.entity_id) END AS "roomUser",
         CASE c.kind WHEN 'room' THEN ${NEUTRAL_ROOM_JSON} END AS room
       FROM room_changes c JOIN rooms r ON r.id = c.room_id JOIN room_heads h ON h.room_id = c.room_id
       WHERE c.room_id = $1 AND c.rev > $2 ORDER BY c.rev LIMIT ${ROWS_PER_STEP}`,
      [roomId, rev],
    );
  }

  /** @param userIds at most 1,000 */
  userHeads(userIds: readonly string[]): Promise<{ userId: string; my: number }[]> {
    return this.transactions.query<{ userId: string; my: number }>(
      `SELECT user_id AS "userId", my FROM user_heads WHERE user_id = ANY ($1::uuid[])`,
      [userIds],
    );
  }
}
