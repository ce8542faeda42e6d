import { Injectable } from '@nestjs/common';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { messageJson, type MessageView } from '../timeline/message.view.js';

/** A search of a viewer, prepared for SQL. */
export interface SearchRequest {
  viewer: string;
  roomId: string | null;
  userId: string | null;
  hasMedia: boolean | null;
  after: string | null;
  before: string | null;
  /** LIKE patterns; the folded text matches all of them. */
  patterns: readonly string[];
  /** Text of a tsquery on the trigrams. */
  tsquery: string;
  /** Time, room and seq of the last message on the page before. */
  cursor: readonly [string | null, string | null, number | null];
  limit: number;
}

export interface SearchHit {
  at: string;
  roomId: string;
  seq: number;
  view: MessageView;
}

/** The messages that the viewer may read: their rooms, and at most how many there are. */
export interface SearchScope {
  rooms: string[];
  messages: number;
  /** Approximate size of the whole index. */
  all: { entries: number; pages: number };
}

/** Up to this number of readable messages, all are read. */
const MAX_READ_ALL = 20_000;
/** Newest entries that are scanned first, and readable ones among them that are read. */
const SCAN_NEWEST = 50_000;
const READ_NEWEST = 5_000;
/** Newest entries that are read for a frequent term, if the viewer may read at least this share of all entries. */
const READ_MANY = 60_000;
const LARGE_SCOPE = 0.2;
/** Share of matching entries up to which the trigram index is faster, and the pages of the sample that estimates the share. */
const RARE = 0.02;
const SAMPLE_PAGES = 200;

// $1 viewer, $2 rooms, $3 patterns, $4 author, $5 has media, $6 after, $7 before, $8 $9 $10 cursor, $11 limit
const MATCHES = `s.normal LIKE ALL ($3::text[]) AND ($4::uuid IS NULL OR s.user_id = $4) AND ($5::boolean IS NULL OR s.has_media = $5)`;
const inTime = (s: string): string => `($6::timestamptz IS NULL OR ${s}.sent_at > $6) AND ($7::timestamptz IS NULL OR ${s}.sent_at < $7)
  AND ($8::timestamptz IS NULL OR (${s}.sent_at, ${s}.room_id, ${s}.seq) < ($8, $9::uuid, $10::bigint))`;
const newestFirst = (s: string): string => `ORDER BY ${s}.sent_at DESC, ${s}.room_id DESC, ${s}.seq DESC`;
const membershipOf = (s: string): string =>
  `room_users ru ON ru.room_id = ${s}.room_id AND ru.user_id = $1 AND ${s}.seq >= ru.visible_from_seq`;

const READ_ALL = `SELECT s.room_id, s.seq, s.sent_at FROM message_search s JOIN ${membershipOf('s')}
  WHERE s.room_id = ANY ($2::uuid[]) AND ${MATCHES} AND ${inTime('s')} ${newestFirst('s')} LIMIT $11`;

// The inner limits bound the work for any query; each step keeps the order, so that frequent terms are found at once.
const readNewest = (candidates: string, order = newestFirst('i')): string => `SELECT s.room_id, s.seq, s.sent_at FROM (${candidates}) i
  CROSS JOIN LATERAL (
    SELECT s.* FROM message_search s JOIN ${membershipOf('s')} WHERE s.room_id = i.room_id AND s.seq = i.seq AND ${MATCHES} OFFSET 0
  ) s ${order} LIMIT $11`;

const NEWEST_OF_ALL_ROOMS = readNewest(`SELECT * FROM (
    SELECT e.room_id, e.seq, e.sent_at FROM message_search e WHERE ${inTime('e')} ${newestFirst('e')} LIMIT ${SCAN_NEWEST}
  ) e WHERE e.room_id = ANY ($2::uuid[]) ${newestFirst('e')} LIMIT ${READ_NEWEST}`);

const NEWEST_OF_ROOM = readNewest(
  `SELECT e.room_id, e.seq, e.sent_at FROM message_search e
   WHERE e.room_id = ($2::uuid[])[1] AND ${inTime('e')} ORDER BY e.seq DESC LIMIT ${READ_NEWEST}`,
  'ORDER BY i.seq DESC',
);

const readMany = (scope: string, order: string): string => `SELECT s.room_id, s.seq, s.sent_at FROM (
    SELECT * FROM message_search e WHERE ${scope} AND ${inTime('e')} ${order} LIMIT ${READ_MANY}
  ) s CROSS JOIN LATERAL (SELECT 1 FROM ${membershipOf('s').replace(' ON ', ' WHERE ')} OFFSET 0) membership
  WHERE s.room_id = ANY ($2::uuid[]) AND ${MATCHES} ${newestFirst('s')} LIMIT $11`;

const MANY_OF_ALL_ROOMS = readMany('true', newestFirst('e'));
const MANY_OF_ROOM = readMany('e.room_id = ($2::uuid[])[1]', 'ORDER BY e.room_id DESC, e.seq DESC');

const BY_TRIGRAMS = `SELECT s.room_id, s.seq, s.sent_at FROM (
    SELECT s.* FROM message_search s WHERE s.grams @@ $12::tsquery AND s.room_id = ANY ($2::uuid[]) AND ${MATCHES} AND ${inTime('s')} OFFSET 0
  ) s JOIN ${membershipOf('s')} ${newestFirst('s')} LIMIT $11`;

/**
 * Finds messages, newest first. Frequent terms are found fastest among the newest messages, rare ones by the trigram index: the search
 * scans some of the newest entries, then takes the strategy that the estimate favours, and the trigram index last. Every strategy joins the
 * viewer's membership of each room.
 */
@Injectable()
export class SearchQueries {
  constructor(private readonly transactions: Transactions) {}

  /** @param roomId null: all rooms of the viewer */
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

  /** Returns at most `limit` hits, newest first. */
  searchMessages(request: SearchRequest, scope: SearchScope): Promise<SearchHit[]> {
    return this.transactions.run(async () => {
      // All plans use the indexes, also before the first ANALYZE; compiling them (JIT) would take longer than running them.
      await this.transactions.query(`SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
      if (scope.messages <= MAX_READ_ALL) return this.findHits(READ_ALL, request, scope.rooms);
      const inRoom = request.roomId !== null;
      const newest = await this.findHits(inRoom ? NEWEST_OF_ROOM : NEWEST_OF_ALL_ROOMS, request, scope.rooms);
      if (newest.length >= request.limit) return newest;
      if ((inRoom || scope.messages > scope.all.entries * LARGE_SCOPE) && (await this.estimateShare(request, scope)) > RARE) {
        const many = await this.findHits(inRoom ? MANY_OF_ROOM : MANY_OF_ALL_ROOMS, request, scope.rooms);
        if (many.length >= request.limit) return many;
      }
      return this.findHits(BY_TRIGRAMS, request, scope.rooms, [request.tsquery]);
    });
  }

  /** Estimates the share of all entries that match, readable or not, from a sample of pages. */
  private async estimateShare({ patterns }: SearchRequest, { all }: SearchScope): Promise<number> {
    if (all.pages <= 0) return 0; // no statistics yet
    const percent = Math.min(100, (SAMPLE_PAGES / all.pages) * 100);
    const [row] = await this.transactions.query<{ share: number | null }>(
      `SELECT avg((s.normal LIKE ALL ($1::text[]))::integer)::float8 AS share FROM message_search s TABLESAMPLE SYSTEM ($2)`,
      [patterns, percent],
    );
    return row?.share ?? 0;
  }

  private findHits(hits: string, request: SearchRequest, rooms: readonly string[], more: readonly unknown[] = []): Promise<SearchHit[]> {
    const { viewer, patterns, userId, hasMedia, after, before, cursor, limit } = request;
    return this.transactions.query<SearchHit>(
      `WITH hits AS MATERIALIZED (${hits})
       SELECT ${timeJson('m.created_at')} AS at, m.room_id AS "roomId", m.seq,
         ${messageJson({ viewer: 'ru.user_id', visibleFrom: 'ru.visible_from_seq' })} AS view
       FROM hits f JOIN ${membershipOf('f')} JOIN rooms ro ON ro.id = f.room_id AND ro.deleted_at IS NULL
       JOIN messages m ON m.room_id = f.room_id AND m.seq = f.seq AND m.deleted_at IS NULL ${newestFirst('f')}`,
      [viewer, rooms, patterns, userId, hasMedia, after, before, ...cursor, limit, ...more],
    );
  }
}
