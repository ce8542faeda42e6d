import { Injectable } from '@nestjs/common';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { messageJson, type MessageView } from '../timeline/message.view.js';

/** Where somebody searches, and for what. */
export interface SearchRequest {
  viewer: string;
  roomId: string | null;
  userId: string | null;
  hasMedia: boolean | null;
  after: string | null;
  before: string | null;
  /** LIKE patterns that the folded text fits, all of them. */
  patterns: readonly string[];
  /** Text of a tsquery. */
  tsquery: string;
  /** Time, room and seq of the last one seen. */
  place: readonly [string | null, string | null, number | null];
  limit: number;
}

export interface SearchHit {
  at: string;
  roomId: string;
  seq: number;
  view: MessageView;
}

/** What somebody may read: in which rooms, and how many messages at most. */
export interface SearchScope {
  rooms: string[];
  messages: number;
  /** How large the whole index is, about. */
  all: { entries: number; pages: number };
}

/** Up to so many readable messages are simply read. */
const READ_ALL = 20_000;
/** Newest entries that are looked through, and readable ones among them that are read, before anything else. */
const LOOK_THROUGH = 50_000;
const READ_NEWEST = 5_000;
/** Newest entries that are read for what is said often, by who may read a good part of all there is. */
const READ_MANY = 60_000;
const GOOD_PART = 0.2;
/** The share of all entries up to which the index of grams is the short way, and the pages of a sample that tells the share. */
const RARE = 0.02;
const SAMPLE_PAGES = 200;

// $1 viewer, $2 rooms, $3 patterns, $4 author, $5 has media, $6 after, $7 before, $8 $9 $10 place, $11 limit
const FITS = `s.normal LIKE ALL ($3::text[]) AND ($4::uuid IS NULL OR s.user_id = $4) AND ($5::boolean IS NULL OR s.has_media = $5)`;
const inTime = (s: string): string => `($6::timestamptz IS NULL OR ${s}.sent_at > $6) AND ($7::timestamptz IS NULL OR ${s}.sent_at < $7)
  AND ($8::timestamptz IS NULL OR (${s}.sent_at, ${s}.room_id, ${s}.seq) < ($8, $9::uuid, $10::bigint))`;
const newestFirst = (s: string): string => `ORDER BY ${s}.sent_at DESC, ${s}.room_id DESC, ${s}.seq DESC`;
const seatOf = (s: string): string => `room_users ru ON ru.room_id = ${s}.room_id AND ru.user_id = $1 AND ${s}.seq >= ru.visible_from_seq`;

const READ_THEM_ALL = `SELECT s.room_id, s.seq, s.sent_at FROM message_search s JOIN ${seatOf('s')}
  WHERE s.room_id = ANY ($2::uuid[]) AND ${FITS} AND ${inTime('s')} ${newestFirst('s')} LIMIT $11`;

// The limits inside bound the work, whatever is looked for; every step keeps the order, so that what is said often is found at once.
const readNewest = (candidates: string, order = newestFirst('i')): string => `SELECT s.room_id, s.seq, s.sent_at FROM (${candidates}) i
  CROSS JOIN LATERAL (
    SELECT s.* FROM message_search s JOIN ${seatOf('s')} WHERE s.room_id = i.room_id AND s.seq = i.seq AND ${FITS} OFFSET 0
  ) s ${order} LIMIT $11`;

const NEWEST_OF_MANY = readNewest(`SELECT * FROM (
    SELECT e.room_id, e.seq, e.sent_at FROM message_search e WHERE ${inTime('e')} ${newestFirst('e')} LIMIT ${LOOK_THROUGH}
  ) e WHERE e.room_id = ANY ($2::uuid[]) ${newestFirst('e')} LIMIT ${READ_NEWEST}`);

const NEWEST_OF_ONE = readNewest(
  `SELECT e.room_id, e.seq, e.sent_at FROM message_search e
   WHERE e.room_id = ($2::uuid[])[1] AND ${inTime('e')} ORDER BY e.seq DESC LIMIT ${READ_NEWEST}`,
  'ORDER BY i.seq DESC',
);

const readMany = (scope: string, order: string): string => `SELECT s.room_id, s.seq, s.sent_at FROM (
    SELECT * FROM message_search e WHERE ${scope} AND ${inTime('e')} ${order} LIMIT ${READ_MANY}
  ) s CROSS JOIN LATERAL (SELECT 1 FROM ${seatOf('s').replace(' ON ', ' WHERE ')} OFFSET 0) seat
  WHERE s.room_id = ANY ($2::uuid[]) AND ${FITS} ${newestFirst('s')} LIMIT $11`;

const MANY_OF_MANY = readMany('true', newestFirst('e'));
const MANY_OF_ONE = readMany('e.room_id = ($2::uuid[])[1]', 'ORDER BY e.room_id DESC, e.seq DESC');

const BY_GRAMS = `SELECT s.room_id, s.seq, s.sent_at FROM (
    SELECT s.* FROM message_search s WHERE s.grams @@ $12::tsquery AND s.room_id = ANY ($2::uuid[]) AND ${FITS} AND ${inTime('s')} OFFSET 0
  ) s JOIN ${seatOf('s')} ${newestFirst('s')} LIMIT $11`;

/**
 * Finds messages, newest first. What is said often is found fastest among the newest messages, what is said seldom by the index of grams:
 * a little of the first, then whichever is short, and at last the index whatever it costs. Whatever the way, each statement reads through
 * the viewer's seat in each room.
 */
@Injectable()
export class SearchQueries {
  constructor(private readonly transactions: Transactions) {}

  /** @param roomId that one alone; null: all of the viewer's rooms */
  async findScope(viewer: string, roomId: string | null): Promise<SearchScope> {
    const [row] = await this.transactions.query<{ rooms: string[] | null; messages: number; all: SearchScope['all'] }>(
      `SELECT array_agg(ru.room_id) AS rooms, coalesce(sum(greatest(0, h.last_seq - ru.visible_from_seq + 1)), 0)::float8 AS messages,
         (SELECT json_build_object('entries', reltuples, 'pages', relpages) FROM pg_class WHERE oid = 'message_search'::regclass) AS all
       FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = ru.room_id
       WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id = $2)`,
      [viewer, roomId],
    );
    return { rooms: row?.rooms ?? [], messages: row?.messages ?? 0, all: row?.all ?? { entries: 0, pages: 0 } };
  }

  /** At most `limit` of them, newest first. */
  searchMessages(order: SearchRequest, readable: SearchScope): Promise<SearchHit[]> {
    return this.transactions.run(async () => {
      // The plans are known here: they rest on the indexes, also while statistics are young, and compiling one costs more than it gives.
      await this.transactions.query(`SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
      if (readable.messages <= READ_ALL) return this.run(READ_THEM_ALL, order, readable.rooms);
      const ofOne = order.roomId !== null;
      const newest = await this.run(ofOne ? NEWEST_OF_ONE : NEWEST_OF_MANY, order, readable.rooms);
      if (newest.length >= order.limit) return newest;
      if ((ofOne || readable.messages > readable.all.entries * GOOD_PART) && (await this.share(order, readable)) > RARE) {
        const many = await this.run(ofOne ? MANY_OF_ONE : MANY_OF_MANY, order, readable.rooms);
        if (many.length >= order.limit) return many;
      }
      return this.run(BY_GRAMS, order, readable.rooms, [order.tsquery]);
    });
  }

  /** About what share of all entries fits, whoever may read them: told by a few pages of the table. */
  private async share({ patterns }: SearchRequest, { all }: SearchScope): Promise<number> {
    if (all.pages <= 0) return 0; // not counted yet
    const percent = Math.min(100, (SAMPLE_PAGES / all.pages) * 100);
    const [row] = await this.transactions.query<{ share: number | null }>(
      `SELECT avg((s.normal LIKE ALL ($1::text[]))::integer)::float8 AS share FROM message_search s TABLESAMPLE SYSTEM ($2)`,
      [patterns, percent],
    );
    return row?.share ?? 0;
  }

  private run(hits: string, order: SearchRequest, rooms: readonly string[], more: readonly unknown[] = []): Promise<SearchHit[]> {
    const { viewer, patterns, userId, hasMedia, after, before, place, limit } = order;
    return this.transactions.query<SearchHit>(
      `WITH hits AS MATERIALIZED (${hits})
       SELECT ${timeJson('m.created_at')} AS at, m.room_id AS "roomId", m.seq,
         ${messageJson({ viewer: 'ru.user_id', visibleFrom: 'ru.visible_from_seq' })} AS view
       FROM hits f JOIN ${seatOf('f')} JOIN rooms ro ON ro.id = f.room_id AND ro.deleted_at IS NULL
       JOIN messages m ON m.room_id = f.room_id AND m.seq = f.seq AND m.deleted_at IS NULL ${newestFirst('f')}`,
      [viewer, rooms, patterns, userId, hasMedia, after, before, ...place, limit, ...more],
    );
  }
}
