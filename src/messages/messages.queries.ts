import { Injectable } from '@nestjs/common';
import { ValidationFailed } from '../common/domain-error.js';
import { decodeCursor, type Page, pageOfViews, type PageQuery } from '../common/page.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { EVERYONE_ID } from '../timeline/message.types.js';
import { messageJson, type MessageView } from '../timeline/message.view.js';
import { userJson } from '../users/user.view.js';
import type { HistoryQuery } from './dto/messages.dto.js';
import type { EditView, ReaderView } from './messages.view.js';

/** The membership ($1 room, $2 viewer) that every list of a room joins, so that no invisible message is read. */
const MEMBERSHIP = `room_users ru JOIN rooms ro ON ro.id = ru.room_id AND ro.deleted_at IS NULL`;
const IS_VIEWER = `ru.room_id = $1 AND ru.user_id = $2`;
const VIEW = messageJson({ viewer: 'ru.user_id', visibleFrom: 'ru.visible_from_seq' });

const PAGE = `WITH bounds AS (
    SELECT ru.user_id, ru.visible_from_seq AS floor, h.last_seq, h.rev, least($4::bigint, h.last_seq) AS upper
    FROM ${MEMBERSHIP} JOIN room_heads h ON h.room_id = ru.room_id WHERE ${IS_VIEWER}
  ), cut AS (
    SELECT b.*, greatest(coalesce($3::bigint, b.upper - $5 + 1), b.floor) AS lower FROM bounds b
  )
  SELECT json_build_object(
    'items', coalesce((
      SELECT json_agg(${messageJson({ viewer: '$2::uuid', visibleFrom: 'c.floor' })} ORDER BY m.seq)
      FROM messages m WHERE m.room_id = $1 AND m.seq BETWEEN c.lower AND c.upper), '[]'),
    'hasOlder', least(c.lower, c.last_seq + 1) > c.floor, 'hasNewer', greatest(c.upper, c.floor - 1) < c.last_seq,
    'seq', c.last_seq, 'rev', c.rev)::text AS page
  FROM cut c`;

interface PositionedRow<View> {
  seq: number;
  at: string;
  roomId: string;
  view: View;
}

/** The lists of messages: one query each, which includes the check of what the viewer may see. */
@Injectable()
export class MessagesQueries {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Returns a page of a room's history as JSON text, made by the database and sent as it is. One statement reads one snapshot: the head in
   * the answer covers every message in it. Sequence numbers have no gaps: a page is a range. @throws RoomNotFound, ValidationFailed
   */
  async getHistory({ room, member }: RoomGrant, query: HistoryQuery): Promise<string> {
    const { from, to } = rangeOf(query);
    const [row] = await this.transactions.queryPrepared<{ page: string }>(PAGE, [room.id, member.userId, from, to, query.limit]);
    if (!row) throw new RoomNotFound();
    return row.page;
  }

  /** Returns the replies to a message that are not deleted, ascending. */
  async listReplies({ room, member }: RoomGrant, messageId: string, { limit, cursor }: PageQuery): Promise<Page<MessageView>> {
    const rows = await this.transactions.query<PositionedRow<MessageView>>(
      `SELECT m.seq, ${VIEW} AS view
       FROM ${MEMBERSHIP} JOIN messages m ON m.room_id = ru.room_id AND m.seq >= ru.visible_from_seq
       WHERE ${IS_VIEWER} AND m.reply_to_id = $3 AND m.deleted_at IS NULL AND m.seq > $4 ORDER BY m.seq LIMIT $5`,
      [room.id, member.userId, messageId, decodeCursor(cursor, ['integer'])[0] ?? 0, limit + 1],
    );
    return pageOfViews(rows, limit, bySeq);
  }

  /** Returns the former texts of a message, newest first. The caller checks who may read them. */
  async listEdits({ room }: RoomGrant, messageId: string, { limit, cursor }: PageQuery): Promise<Page<EditView>> {
    const rows = await this.transactions.query<PositionedRow<EditView>>(
      `SELECT e.rev AS seq, json_build_object('text', e.text, 'user', ${userJson('u')}, 'editedAt', ${timeJson('e.edited_at')}) AS view
       FROM message_edits e JOIN users u ON u.id = e.user_id
       WHERE e.room_id = $1 AND e.message_id = $2 AND ($3::bigint IS NULL OR e.rev < $3) ORDER BY e.rev DESC LIMIT $4`,
      [room.id, messageId, ...decodeCursor(cursor, ['integer']), limit + 1],
    );
    return pageOfViews(rows, limit, bySeq);
  }

  /**
   * Returns the members other than the author, present when the message was sent, whose read mark has reached it; highest mark first, at
   * most `limit`. The caller filters by whose marks the viewer may see.
   */
  async listReaders({ room }: RoomGrant, seq: number, limit: number): Promise<ReaderView[]> {
    const rows = await this.transactions.query<{ view: ReaderView }>(
      `SELECT json_build_object('user', ${userJson('u')}, 'seq', ru.last_read_seq) AS view
       FROM messages m JOIN room_users ru ON ru.room_id = m.room_id AND ru.last_read_seq >= m.seq AND ru.user_id <> m.user_id
         AND ru.visible_from_seq <= m.seq AND ru.joined_at <= m.created_at
       JOIN users u ON u.id = ru.user_id
       WHERE m.room_id = $1 AND m.seq = $2 ORDER BY ru.last_read_seq DESC, u.id LIMIT $3`,
      [room.id, seq, limit],
    );
    return rows.map((row) => row.view);
  }

  /** Returns the pinned messages of a room, last pinned first. */
  async listPins({ room, member }: RoomGrant, { limit, cursor }: PageQuery): Promise<Page<MessageView>> {
    const [at, , seq] = decodeCursor(cursor, ['time', 'id', 'integer']);
    const rows = await this.transactions.query<PositionedRow<MessageView>>(
      `SELECT p.seq, ${timeJson('p.pinned_at')} AS at, p.room_id AS "roomId", ${VIEW} AS view
       FROM ${MEMBERSHIP} JOIN message_pins p ON p.room_id = ru.room_id AND p.seq >= ru.visible_from_seq
       JOIN messages m ON m.room_id = p.room_id AND m.seq = p.seq
       WHERE ${IS_VIEWER} AND ($3::timestamptz IS NULL OR (p.pinned_at, p.seq) < ($3, $4::bigint))
       ORDER BY p.pinned_at DESC, p.seq DESC LIMIT $5`,
      [room.id, member.userId, at, seq, limit + 1],
    );
    return pageOfViews(rows, limit, byPlace);
  }

  /** Returns messages of other users that mention the user or all members, in all rooms of the user, newest first. */
  async listMentions(userId: string, { limit, cursor }: PageQuery): Promise<Page<MessageView>> {
    const mentionsOf = (who: string): string => `(SELECT o.room_id, o.seq, o.created_at FROM message_mentions mm
      JOIN messages o ON o.room_id = mm.room_id AND o.seq = mm.seq
      WHERE mm.user_id = ${who} AND mm.room_id = ru.room_id AND mm.seq >= ru.visible_from_seq AND o.user_id <> $1 AND o.deleted_at IS NULL
        AND ($2::timestamptz IS NULL OR (o.created_at, o.room_id, o.seq) < ($2, $3::uuid, $4::bigint))
      ORDER BY mm.seq DESC LIMIT $5)`;
    const rows = await this.transactions.query<PositionedRow<MessageView>>(
      `SELECT m.seq, ${timeJson('m.created_at')} AS at, m.room_id AS "roomId", ${VIEW} AS view
       FROM (
         SELECT found.* FROM ${MEMBERSHIP} CROSS JOIN LATERAL (${mentionsOf('ru.user_id')} UNION ${mentionsOf(`'${EVERYONE_ID}'`)}) found
         WHERE ru.user_id = $1 ORDER BY found.created_at DESC, found.room_id DESC, found.seq DESC LIMIT $5
       ) f
       JOIN room_users ru ON ru.room_id = f.room_id AND ru.user_id = $1
       JOIN messages m ON m.room_id = f.room_id AND m.seq = f.seq
       ORDER BY m.created_at DESC, m.room_id DESC, m.seq DESC`,
      [userId, ...decodeCursor(cursor, ['time', 'id', 'integer']), limit + 1],
    );
    return pageOfViews(rows, limit, byPlace);
  }
}

/**
 * Returns the first and last seq of a page, before they are cut to what exists and is visible; null: from the newest message down.
 * @throws ValidationFailed when more than one bound is given
 */
function rangeOf({ before, after, around, limit }: HistoryQuery): { from: number | null; to: number | null } {
  const given = Object.entries({ before, after, around }).filter(([, seq]) => seq !== undefined);
  if (given.length > 1) throw new ValidationFailed(given.map(([path]) => ({ path, message: 'give only one of before, after and around' })));
  if (before !== undefined) return { from: null, to: before - 1 };
  if (after !== undefined) return { from: after + 1, to: after + limit };
  if (around === undefined) return { from: null, to: null };
  const from = around - Math.floor(limit / 2);
  return { from, to: from + limit - 1 };
}

const bySeq = ({ seq }: PositionedRow<unknown>): [number] => [seq];
const byPlace = ({ at, roomId, seq }: PositionedRow<unknown>): [string, string, number] => [at, roomId, seq];
