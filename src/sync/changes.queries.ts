import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { MEMBERSHIP_JSON, roomUserJson } from '../room-users/room-user.view.js';
import { NEUTRAL_ROOM_JSON } from '../rooms/room.view.js';
import { messageJson } from '../timeline/message.view.js';
import type { Cursor } from './dto/sync.dto.js';

/** Bounds of each list of a room in an answer; each list has one item at least. */
export interface ChangesBounds {
  limit: number;
  bytes: number;
}

export interface RoomCursor extends Cursor {
  roomId: string;
}

/** JSON texts: a ChangesView, and the viewer's membership if requested. */
export interface ChangesRow {
  roomId: string;
  changes: string;
  membership: string | null;
}

/** Number of messages and changes of a room after a cursor. */
export interface CursorLag {
  roomId: string;
  messages: number;
  changes: number;
}

/** The cursors asked for: $2 rooms, $3 seqs, $4 revs. */
const CURSORS = `unnest($2::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY a (room_id, seq, rev, position)`;
/** Their rooms, with the membership of the viewer ($1). */
const MEMBERSHIPS = `rooms r ON r.id = a.room_id AND r.deleted_at IS NULL
  JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 JOIN room_heads h ON h.room_id = r.id`;

const MESSAGE = messageJson({ viewer: '$1::uuid', visibleFrom: 'cur.floor' });

/** The messages after the cursor: a range, as sequence numbers have no gaps. */
const NEW_MESSAGES = `SELECT coalesce(json_agg(y.body ORDER BY y.seq), '[]') AS list, max(y.seq) AS last FROM (
    SELECT x.*, sum(octet_length(x.body::text)) OVER (ORDER BY x.seq) AS bytes, row_number() OVER (ORDER BY x.seq) AS place FROM (
      SELECT m.seq, ${MESSAGE} AS body FROM messages m
      WHERE m.room_id = cur.room_id AND NOT cur.reset AND m.seq > cur.start AND m.seq <= cur.start + $6
    ) x
  ) y WHERE y.bytes <= $7 OR y.place = 1`;

const CHANGE = `CASE c.kind
  WHEN 'message' THEN json_build_object('rev', c.rev, 'kind', c.kind, 'message', ${MESSAGE})
  WHEN 'room-user' THEN json_build_object('rev', c.rev, 'kind', c.kind, 'userId', c.entity_id,
    'roomUser', CASE WHEN cu.user_id IS NOT NULL THEN ${roomUserJson('$1::uuid', { member: 'cu', user: 'uu' })} END)
  ELSE json_build_object('rev', c.rev, 'kind', c.kind, 'room', ${NEUTRAL_ROOM_JSON}) END`;

/**
 * The changes after the cursor, each entity in its current state; `more` if the list is cut off. Without messages after the cursor, which
 * are in the other list, and messages that the member may not see.
 */
const LOG = `SELECT coalesce(json_agg(y.body ORDER BY y.rev) FILTER (WHERE y.fits), '[]') AS list, max(y.rev) FILTER (WHERE y.fits) AS last,
    coalesce(bool_or(NOT y.fits), false) AS more
  FROM (
    SELECT x.rev, x.body, (sum(octet_length(x.body::text)) OVER (ORDER BY x.rev) <= $7 AND x.place <= $6) OR x.place = 1 AS fits FROM (
      SELECT c.rev, ${CHANGE} AS body, row_number() OVER (ORDER BY c.rev) AS place
      FROM room_changes c
      LEFT JOIN messages m ON c.kind = 'message' AND m.room_id = c.room_id AND m.id = c.entity_id
      LEFT JOIN room_users cu ON c.kind = 'room-user' AND cu.room_id = c.room_id AND cu.user_id = c.entity_id
      LEFT JOIN users uu ON uu.id = cu.user_id
      WHERE c.room_id = cur.room_id AND NOT cur.reset AND c.rev > cur.rev AND (c.kind <> 'message' OR m.seq BETWEEN cur.floor AND cur.seq)
      ORDER BY c.rev LIMIT $6 + 1
    ) x
  ) y`;

// The membership of users who were added when the room was created began at rev 0, whatever joined_rev is.
const CHANGES = `WITH cursors AS MATERIALIZED (
    SELECT a.room_id, a.seq, a.rev, a.position, ru.visible_from_seq AS floor, greatest(a.seq, ru.visible_from_seq - 1) AS start,
      a.rev < greatest(h.log_floor, CASE WHEN ru.joined_at > r.created_at THEN ru.joined_rev ELSE 0 END) OR a.rev > h.rev OR a.seq > h.last_seq
        OR h.last_seq - a.seq + h.rev - a.rev > $5 AS reset
    FROM ${CURSORS} JOIN ${MEMBERSHIPS}
  )
  SELECT cur.room_id AS "roomId", json_build_object('messages', fresh.list, 'changes', log.list,
    'seq', CASE WHEN fresh.last < h.last_seq AND NOT cur.reset THEN fresh.last ELSE h.last_seq END,
    'rev', CASE WHEN log.more THEN log.last ELSE h.rev END,
    'hasMore', NOT cur.reset AND (coalesce(fresh.last < h.last_seq, false) OR log.more), 'reset', cur.reset,
    'epoch', (SELECT value FROM server_state WHERE key = 'epoch'))::text AS changes,
    CASE WHEN $8::boolean THEN ${MEMBERSHIP_JSON}::text END AS membership
  FROM cursors cur JOIN rooms r ON r.id = cur.room_id JOIN room_heads h ON h.room_id = r.id
  JOIN room_users ru ON ru.room_id = r.id AND ru.user_id = $1 JOIN users u ON u.id = ru.user_id
  CROSS JOIN LATERAL (${NEW_MESSAGES}) fresh CROSS JOIN LATERAL (${LOG}) log
  ORDER BY cur.position`;

/**
 * Reads the changes that members have missed. One statement reads one snapshot of any number of rooms: an answer contains nothing after its
 * head, and its cursor covers everything in it. JSON as text, made by the database.
 */
@Injectable()
export class ChangesQueries {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** Returns the changes in the order of the cursors, without rooms of which the user is no member. */
  async getChanges(
    userId: string,
    cursors: readonly RoomCursor[],
    { limit, bytes }: ChangesBounds,
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

  /** Returns the lags in the order of the cursors, without rooms of which the user is no member. */
  async findLags(userId: string, cursors: readonly RoomCursor[]): Promise<CursorLag[]> {
    return this.transactions.queryPrepared<CursorLag>(
      `SELECT a.room_id AS "roomId", greatest(0, h.last_seq - a.seq) AS messages, greatest(0, h.rev - a.rev) AS changes
       FROM ${CURSORS} JOIN ${MEMBERSHIPS} ORDER BY a.position`,
      [userId, ...columns(cursors)],
    );
  }
}

const columns = (cursors: readonly RoomCursor[]): unknown[] => [
  cursors.map(({ roomId }) => roomId),
  cursors.map(({ seq }) => seq),
  cursors.map(({ rev }) => rev),
];
