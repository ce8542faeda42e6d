import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { decodeCursor, encodeCursor } from '../common/page.js';
import { fromDatabaseError } from '../database/database-errors.js';
import { DirectQueries } from '../database/direct-queries.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { containing } from '../room-users/room-user-views.service.js';
import { membershipJson, type RowAliases } from '../room-users/room-user.view.js';
import type { MyRoomsQuery, PublicRoomsQuery } from './dto/room.dto.js';
import { neutralRoomJson, type NeutralRoomView, roomCardJson, type RoomCardView, roomJson, type RoomView } from './room.view.js';

const ROWS: RowAliases = { member: 'ru', user: 'u', room: 'r', head: 'h' };

const SEATS = `room_users ru JOIN users u ON u.id = ru.user_id
  JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = ru.room_id`;

/** A page as Postgres has written it: `{"items":[...],"nextCursor":...}`. */
export type JsonPage = string;

interface RenderedRoom {
  id: string;
  at: string;
  view: string;
}

/** Rooms as answers. But for {@link getRoom}, nothing here judges who asks. */
@Injectable()
export class RoomViews {
  constructor(
    private readonly transactions: Transactions,
    private readonly direct: DirectQueries,
    private readonly access: RoomAccess,
  ) {}

  /** A room to a member, its card to anybody if it is public. @throws RoomNotFound */
  async getRoom(actor: Actor, roomId: string): Promise<RoomView | RoomCardView> {
    const { member } = await this.access.readVisible(actor, roomId);
    return member ? this.getRoomView(actor.userId, roomId) : this.getRoomCard(roomId);
  }

  /** A room as its member sees it. @throws RoomNotFound when they are not in it */
  async getRoomView(userId: string, roomId: string): Promise<RoomView> {
    const view = (await this.getRoomViews(userId, [roomId])).get(roomId);
    if (!view) throw new RoomNotFound();
    return view;
  }

  /** Those of the rooms in which somebody sits, by id, as they see them. @param roomIds at most 200 */
  async getRoomViews(userId: string, roomIds: readonly string[]): Promise<Map<string, RoomView>> {
    const rows = await this.transactions.queryPrepared<{ id: string; view: RoomView }>(
      `SELECT r.id, ${roomJson(ROWS)} AS view FROM ${SEATS} WHERE ru.user_id = $1 AND ru.room_id = ANY ($2::uuid[])`,
      [userId, roomIds],
    );
    return new Map(rows.map((row) => [row.id, row.view]));
  }

  /** A room as a broadcast shows it. @throws RoomNotFound */
  async getNeutralRoom(roomId: string): Promise<NeutralRoomView> {
    const [row] = await this.transactions.queryPrepared<{ view: NeutralRoomView }>(
      `SELECT ${neutralRoomJson(ROWS)} AS view FROM rooms r JOIN room_heads h ON h.room_id = r.id WHERE r.id = $1 AND r.deleted_at IS NULL`,
      [roomId],
    );
    if (!row) throw new RoomNotFound();
    return row.view;
  }

  /** A room as who is not in it sees it; whether they may is the caller's to know. @throws RoomNotFound */
  async getRoomCard(roomId: string): Promise<RoomCardView> {
    const [row] = await this.transactions.query<{ view: RoomCardView }>(
      `SELECT ${roomCardJson(ROWS)} AS view FROM rooms r JOIN room_heads h ON h.room_id = r.id WHERE r.id = $1 AND r.deleted_at IS NULL`,
      [roomId],
    );
    if (!row) throw new RoomNotFound();
    return row.view;
  }

  /** The private room of two, theirs or the one inside a team, if there is one. */
  async findPrivateRoomId(one: string, other: string, teamId: string | null): Promise<string | null> {
    const [row] = await this.transactions.query<{ id: string }>(
      `SELECT id FROM rooms WHERE type = 'private_messages' AND user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2)
         AND deleted_at IS NULL AND ${teamId === null ? 'team_id IS NULL AND $3::uuid IS NULL' : 'team_id = $3'}`,
      [one, other, teamId],
    );
    return row?.id ?? null;
  }

  /** One statement, however many rooms: which ones, then each with all that a list shows of it. */
  async listMyRooms(actor: Actor, { query, tag, type, order, limit, cursor }: MyRoomsQuery): Promise<JsonPage> {
    const byActivity = order === 'activity';
    const [at, id] = byActivity ? decodeCursor(cursor, ['time', 'id']) : [null, ...decodeCursor(cursor, ['id'])];
    const placed = byActivity ? '($5::timestamptz IS NULL OR (h.last_at, r.id) < ($5, $6::uuid))' : '($6::uuid IS NULL OR r.id > $6)';
    const [inner, outer] = byActivity ? ['h.last_at DESC, r.id DESC', 'page.last_at DESC, page.id DESC'] : ['r.id', 'page.id'];
    const named = query
      ? `AND ((coalesce(r.name, '') || ' ' || coalesce(r.description, '')) ILIKE $4 OR EXISTS (
          SELECT 1 FROM users peer WHERE peer.id IN (r.user_low, r.user_high) AND peer.id <> $1
            AND (peer.username || ' ' || coalesce(peer.display_name, '')) ILIKE $4))`
      : 'AND $4::text IS NULL';
    const rows = await this.prepared<RenderedRoom>(
      `my-rooms-${order}${query ? '-query' : ''}`,
      `WITH page AS MATERIALIZED (
         SELECT r.id, h.last_at FROM room_users ru
         JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = r.id
         WHERE ru.user_id = $1 AND ($2::text IS NULL OR r.type = $2) AND ($3::text IS NULL OR r.meta_tags @> ARRAY[$3]) ${named}
           AND ($5::timestamptz IS NULL OR true) AND ${placed}
         ORDER BY ${inner} LIMIT $7
       )
       SELECT page.id, ${timeJson('page.last_at')} AS at, ${roomJson(ROWS)}::text AS view
       FROM page JOIN room_users ru ON ru.room_id = page.id AND ru.user_id = $1 JOIN users u ON u.id = ru.user_id
       JOIN rooms r ON r.id = page.id JOIN room_heads h ON h.room_id = page.id ORDER BY ${outer}`,
      [actor.userId, type ?? null, tag ?? null, query ? containing(query) : null, at, id, limit + 1],
    );
    return written(rows, limit, (row) => (byActivity ? [row.at, row.id] : [row.id]));
  }

  /** Planned once a connection: the planning of so many parts would cost as much as the reading. */
  private async prepared<Row>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.direct.executePrepared<Row>(name, text, values);
    } catch (error) {
      throw fromDatabaseError(error);
    }
  }

  /** Public rooms alone, the newest first. */
  async listPublicRooms(actor: Actor, { query, tag, limit, cursor }: PublicRoomsQuery): Promise<JsonPage> {
    const rows = await this.transactions.query<RenderedRoom>(
      `SELECT r.id, '' AS at, ${roomCardJson(ROWS, `CASE WHEN ru.user_id IS NOT NULL THEN ${membershipJson(ROWS)} END`)}::text AS view
       FROM rooms r JOIN room_heads h ON h.room_id = r.id
       LEFT JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 LEFT JOIN users u ON u.id = ru.user_id
       WHERE r.is_public AND r.deleted_at IS NULL AND ($2::uuid IS NULL OR r.id < $2)
         AND ($3::text IS NULL OR (coalesce(r.name, '') || ' ' || coalesce(r.description, '')) ILIKE $3 OR r.meta_tags @> ARRAY[$4::text])
         AND ($5::text IS NULL OR r.meta_tags @> ARRAY[$5])
       ORDER BY r.id DESC LIMIT $6`,
      [actor.userId, ...decodeCursor(cursor, ['id']), query ? containing(query) : null, query ?? '', tag ?? null, limit + 1],
    );
    return written(rows, limit, (row) => [row.id]);
  }
}

function written(rows: readonly RenderedRoom[], limit: number, key: (row: RenderedRoom) => string[]): JsonPage {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last ? encodeCursor(key(last)) : null;
  return `{"items":[${shown.map((row) => row.view).join(',')}],"nextCursor":${JSON.stringify(next)}}`;
}
