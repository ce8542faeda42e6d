import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { MEMBERSHIP_JSON, roomUserJson } from '../room-users/room-user.view.js';
import { NEUTRAL_ROOM_JSON } from '../rooms/room.view.js';
import { messageJson } from '../timeline/message.view.js';
import type { Cursor } from './dto/sync.dto.js';

/** How much of a room an answer may hold: so many of each list, and so many bytes of each (one is always told). */
export interface Portion {
  limit: number;
  bytes: number;
}

export interface RoomCursor extends Cursor {
  roomId: string;
}

/** Both JSON texts: a ChangesView, and one's own seat if it was asked for. */
export interface ChangesRow {
  roomId: string;
  changes: string;
  membership: string | null;
}

/** How far behind a room a cursor is, in messages and in changes. */
export interface Distance {
  roomId: string;
  messages: number;
  changes: number;
}

const CURSORS = `unnest($2::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY a (room_id, seq, rev, position)`;
const SEATS = `rooms r ON r.id = a.room_id AND r.deleted_at IS NULL
  JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 JOIN room_heads h ON h.room_id = r.id`;

const SEEN = messageJson({ viewer: '$1::uuid', visibleFrom: 's.floor' });

/** The messages past the cursor. Numbers have no holes: they are a range. */
const NEWS = `SELECT coalesce(json_agg(y.body ORDER BY y.seq), '[]') AS list, max(y.seq) AS last FROM (
    SELECT x.*, sum(octet_length(x.body::text)) OVER (ORDER BY x.seq) AS bytes, row_number() OVER (ORDER BY x.seq) AS place FROM (
      SELECT m.seq, ${SEEN} AS body FROM messages m
      WHERE m.room_id = s.room_id AND NOT s.reset AND m.seq > s.start AND m.seq <= s.start + $6
    ) x
  ) y WHERE y.bytes <= $7 OR y.place = 1`;

const BODY = `CASE c.kind
  WHEN 'message' THEN json_build_object('rev', c.rev, 'kind', c.kind, 'message', ${SEEN})
  WHEN 'room-user' THEN json_build_object('rev', c.rev, 'kind', c.kind, 'userId', c.entity_id,
    'roomUser', CASE WHEN cu.user_id IS NOT NULL THEN ${roomUserJson('$1::uuid', { member: 'cu', user: 'uu' })} END)
  ELSE json_build_object('rev', c.rev, 'kind', c.kind, 'room', ${NEUTRAL_ROOM_JSON}) END`;

/**
 * The changes past the cursor, each thing as it is now. A message past the cursor is in the other list, one from before what the member may
 * see in none; `more` tells whether something was cut off.
 */
const LOG = `SELECT coalesce(json_agg(y.body ORDER BY y.rev) FILTER (WHERE y.shown), '[]') AS list, max(y.rev) FILTER (WHERE y.shown) AS last,
    coalesce(bool_or(NOT y.shown), false) AS more
  FROM (
    SELECT x.rev, x.body, (sum(octet_length(x.body::text)) OVER (ORDER BY x.rev) <= $7 AND x.place <= $6) OR x.place = 1 AS shown FROM (
      SELECT c.rev, ${BODY} AS body, row_number() OVER (ORDER BY c.rev) AS place
      FROM room_changes c
      LEFT JOIN messages m ON c.kind = 'message' AND m.room_id = c.room_id AND m.id = c.entity_id
      LEFT JOIN room_users cu ON c.kind = 'room-user' AND cu.room_id = c.room_id AND cu.user_id = c.entity_id
      LEFT JOIN users uu ON uu.id = cu.user_id
      WHERE c.room_id = s.room_id AND NOT s.reset AND c.rev > s.rev AND (c.kind <> 'message' OR m.seq BETWEEN s.floor AND s.seq)
      ORDER BY c.rev LIMIT $6 + 1
    ) x
  ) y`;

// Who sat in the room when it was made has been there since rev 0, whichever rev the seat itself took.
const CHANGES = `WITH seats AS MATERIALIZED (
    SELECT a.room_id, a.seq, a.rev, a.position, ru.visible_from_seq AS floor, greatest(a.seq, ru.visible_from_seq - 1) AS start,
      a.rev < greatest(h.log_floor, CASE WHEN ru.joined_at > r.created_at THEN ru.joined_rev ELSE 0 END) OR a.rev > h.rev OR a.seq > h.last_seq
        OR h.last_seq - a.seq + h.rev - a.rev > $5 AS reset
    FROM ${CURSORS} JOIN ${SEATS}
  )
  SELECT s.room_id AS "roomId", json_build_object('messages', news.list, 'changes', log.list,
    'seq', CASE WHEN news.last < h.last_seq AND NOT s.reset THEN news.last ELSE h.last_seq END,
    'rev', CASE WHEN log.more THEN log.last ELSE h.rev END,
    'hasMore', NOT s.reset AND (coalesce(news.last < h.last_seq, false) OR log.more), 'reset', s.reset,
    'epoch', (SELECT value FROM server_state WHERE key = 'epoch'))::text AS changes,
    CASE WHEN $8::boolean THEN ${MEMBERSHIP_JSON}::text END AS membership
  FROM seats s JOIN rooms r ON r.id = s.room_id JOIN room_heads h ON h.room_id = r.id
  JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 JOIN users u ON u.id = ru.user_id
  CROSS JOIN LATERAL (${NEWS}) news CROSS JOIN LATERAL (${LOG}) log
  ORDER BY s.position`;

/**
 * What members have missed. One statement for any number of rooms, so one moment: nothing in an answer lies past the head that it was cut
 * by, and the cursor that it gives covers all that it tells. JSON as text, made by the database.
 */
@Injectable()
export class ChangesQueries {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** In the order asked; a room in which the person does not sit is left out. */
  async getChanges(
    userId: string,
    cursors: readonly RoomCursor[],
    { limit, bytes }: Portion,
    withMembership: boolean,
  ): Promise<ChangesRow[]> {
    return this.transactions.queryPrepared<ChangesRow>(CHANGES, [
      userId,
      ...columns(cursors),
      this.settings.log.resetAfter,
      limit,
      bytes,
      withMembership,
    ]);
  }

  /** How far behind the cursors are; a room in which the person does not sit is left out. */
  async distances(userId: string, cursors: readonly RoomCursor[]): Promise<Distance[]> {
    return this.transactions.queryPrepared<Distance>(
      `SELECT a.room_id AS "roomId", greatest(0, h.last_seq - a.seq) AS messages, greatest(0, h.rev - a.rev) AS changes
       FROM ${CURSORS} JOIN ${SEATS} ORDER BY a.position`,
      [userId, ...columns(cursors)],
    );
  }
}

const columns = (cursors: readonly RoomCursor[]): unknown[] => [
  cursors.map(({ roomId }) => roomId),
  cursors.map(({ seq }) => seq),
  cursors.map(({ rev }) => rev),
];
