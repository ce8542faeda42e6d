import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { decodeCursor, pageOf } from '../common/page.js';
import { fromDatabaseError } from '../database/database-errors.js';
import { DirectQueries } from '../database/direct-queries.js';
import { likePattern, timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { MEMBER_ROWS, MEMBERSHIP_JSON } from '../room-users/room-user.view.js';
import type { MyRoomsQuery, PublicRoomsQuery } from './dto/room.dto.js';
import { NEUTRAL_ROOM_JSON, type NeutralRoomView, ROOM_JSON, roomCardJson, type RoomCardView, type RoomView } from './room.view.js';

/** A page as JSON text, its items made by the database: `{"items":[...],"nextCursor":...}`. */
export type JsonPage = string;

interface RenderedRoom {
  id: string;
  at: string;
  view: string;
}

/** Builds the views of rooms. Only {@link getRoom} checks access. */
@Injectable()
export class RoomViews {
  constructor(
    private readonly transactions: Transactions,
    private readonly direct: DirectQueries,
    private readonly access: RoomAccess,
  ) {}

  /** Returns the room to a member, and the card of a public room to any user. @throws RoomNotFound */
  async getRoom(actor: Actor, roomId: string): Promise<RoomView | RoomCardView> {
    const { member } = await this.access.readVisible(actor, roomId);
    return member ? this.getRoomView(actor.userId, roomId) : this.getRoomCard(roomId);
  }

  /** @throws RoomNotFound if the user is not a member */
  async getRoomView(userId: string, roomId: string): Promise<RoomView> {
    const view = (await this.getRoomViews(userId, [roomId])).get(roomId);
    if (!view) throw new RoomNotFound();
    return view;
  }

  /** Returns those of the rooms of which the user is a member, by id. @param roomIds at most 200 */
  async getRoomViews(userId: string, roomIds: readonly string[]): Promise<Map<string, RoomView>> {
    const rows = await this.transactions.queryPrepared<{ id: string; view: RoomView }>(
      `SELECT r.id, ${ROOM_JSON} AS view FROM ${MEMBER_ROWS}
       WHERE ru.user_id = $1 AND ru.room_id = ANY ($2::uuid[]) AND r.deleted_at IS NULL`,
      [userId, roomIds],
    );
    return new Map(rows.map((row) => [row.id, row.view]));
  }

  async getNeutralRoom(roomId: string): Promise<NeutralRoomView> {
    const [row] = await this.transactions.queryPrepared<{ view: NeutralRoomView }>(
      `SELECT ${NEUTRAL_ROOM_JSON} AS view FROM rooms r JOIN room_heads h ON h.room_id = r.id WHERE r.id = $1 AND r.deleted_at IS NULL`,
      [roomId],
    );
    if (!row) throw new RoomNotFound();
    return row.view;
  }

  /** Returns the card of any room; the caller checks access. @throws RoomNotFound */
  async getRoomCard(roomId: string): Promise<RoomCardView> {
    const [row] = await this.transactions.query<{ view: RoomCardView }>(
      `SELECT ${roomCardJson()} AS view FROM rooms r JOIN room_heads h ON h.room_id = r.id WHERE r.id = $1 AND r.deleted_at IS NULL`,
      [roomId],
    );
    if (!row) throw new RoomNotFound();
    return row.view;
  }

  /** Returns the private room of two users, or with `teamId` the one inside that team. */
  async findPrivateRoomId(userId: string, otherId: string, teamId: string | null): Promise<string | null> {
    const [row] = await this.transactions.query<{ id: string }>(
      `SELECT id FROM rooms WHERE type = 'private_messages' AND user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2)
         AND deleted_at IS NULL AND ${teamId === null ? 'team_id IS NULL AND $3::uuid IS NULL' : 'team_id = $3'}`,
      [userId, otherId, teamId],
    );
    return row?.id ?? null;
  }

  /** Reads a page of the actor's rooms in one statement: first which rooms, then the view of each. */
  async listMyRooms(actor: Actor, { query, tag, type, order, limit, cursor }: MyRoomsQuery): Promise<JsonPage> {
    const byActivity = order === 'activity';
    const [at, id] = byActivity ? decodeCursor(cursor, ['time', 'id']) : [null, ...decodeCursor(cursor, ['id'])];
    const afterCursor = byActivity ? '($5::timestamptz IS NULL OR (h.last_at, r.id) < ($5, $6::uuid))' : '($6::uuid IS NULL OR r.id > $6)';
    const [pageOrder, viewOrder] = byActivity ? ['h.last_at DESC, r.id DESC', 'page.last_at DESC, page.id DESC'] : ['r.id', 'page.id'];
    const matching = query
      ? `AND ((coalesce(r.name, '') || ' ' || coalesce(r.description, '')) ILIKE $4 OR EXISTS (
          SELECT 1 FROM users peer WHERE peer.id IN (r.user_low, r.user_high) AND peer.id <> $1
            AND (peer.username || ' ' || coalesce(peer.display_name, '')) ILIKE $4))`
      : 'AND $4::text IS NULL';
    const rows = await this.prepared<RenderedRoom>(
      `my-rooms-${order}${query ? '-query' : ''}`,
      `WITH page AS MATERIALIZED (
         SELECT r.id, h.last_at FROM room_users ru
         JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = r.id
         WHERE ru.user_id = $1 AND ($2::text IS NULL OR r.type = $2) AND ($3::text IS NULL OR r.meta_tags @> ARRAY[$3]) ${matching}
           AND ($5::timestamptz IS NULL OR true) AND ${afterCursor}
         ORDER BY ${pageOrder} LIMIT $7
       )
       SELECT page.id, ${timeJson('page.last_at')} AS at, ${ROOM_JSON}::text AS view
       FROM page JOIN room_users ru ON ru.room_id = page.id AND ru.user_id = $1 JOIN users u ON u.id = ru.user_id
       JOIN rooms r ON r.id = page.id JOIN room_heads h ON h.room_id = page.id ORDER BY ${viewOrder}`,
      [actor.userId, type ?? null, tag ?? null, query ? likePattern(query) : null, at, id, limit + 1],
    );
    return jsonPageOf(rows, limit, (row) => (byActivity ? [row.at, row.id] : [row.id]));
  }

  /** Reads a page of public rooms, the newest first. */
  async listPublicRooms(actor: Actor, { query, tag, limit, cursor }: PublicRoomsQuery): Promise<JsonPage> {
    const rows = await this.transactions.query<RenderedRoom>(
      `SELECT r.id, '' AS at, ${roomCardJson(`CASE WHEN ru.user_id IS NOT NULL THEN ${MEMBERSHIP_JSON} END`)}::text AS view
       FROM rooms r JOIN room_heads h ON h.room_id = r.id
       LEFT JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 LEFT JOIN users u ON u.id = ru.user_id
       WHERE r.is_public AND r.deleted_at IS NULL AND ($2::uuid IS NULL OR r.id < $2)
         AND ($3::text IS NULL OR (coalesce(r.name, '') || ' ' || coalesce(r.description, '')) ILIKE $3 OR r.meta_tags @> ARRAY[$4::text])
         AND ($5::text IS NULL OR r.meta_tags @> ARRAY[$5])
       ORDER BY r.id DESC LIMIT $6`,
      [actor.userId, ...decodeCursor(cursor, ['id']), query ? likePattern(query) : null, query ?? '', tag ?? null, limit + 1],
    );
    return jsonPageOf(rows, limit, (row) => [row.id]);
  }

  /** Prepared once per connection: planning the statement costs as much as running it. */
  private async prepared<Row>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.direct.executePrepared<Row>(name, text, values);
    } catch (error) {
      throw fromDatabaseError(error);
    }
  }
}

function jsonPageOf(rows: RenderedRoom[], limit: number, key: (row: RenderedRoom) => string[]): JsonPage {
  const { items, nextCursor } = pageOf(rows, limit, key, (row) => row.view);
  return `{"items":[${items.join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
}
