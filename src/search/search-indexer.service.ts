import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ProcessRole } from '../config/process-role.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { Jobs } from '../jobs/jobs.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import { MessagesPosted } from '../timeline/timeline.events.js';
import { SearchIndex, type Indexable } from './search-index.service.js';

/** Messages in one step, messages of one room in it, and its rooms. */
const STEP = 250;
const STEP_PER_ROOM = 125;
const STEP_ROOMS = 100;
/** Messages that arrive within this time are indexed together. */
const DELAY_MS = 200;
/** Rooms in one sweep, and its interval. */
const SWEEP_ROOMS = 1_000;
const SWEEP_SECONDS = 30;
/** Sends per second up to which the indexer does not pause. Indexing costs about three times as much as sending. */
const UNTHROTTLED_RATE = 300;
/** Length of the send queue from which on the database is busy. */
const BUSY_DEPTH = 16;
/** Pauses as multiples of the step before: indexing takes half of one connection, or a few hundredths of it when the database is busy. */
const PAUSE = { normal: 1, busy: 30 };
/** New entries after which Postgres merges its pending list into the trigram index. */
const MAX_PENDING = 500;

interface IndexStep {
  messages: number;
  /** Rooms with more messages to index, and those that another process is indexing. */
  left: string[];
}

/**
 * Indexes messages after the send path: a new message is found within a second, later when the server is busy. Each room has a mark up to
 * which it is indexed, so that a crash loses no message.
 */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SearchIndexer.name);
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  /** Messages posted since the last step began. */
  private posted = 0;
  /** Entries in the pending list of the trigram index. */
  private pending = 0;

  constructor(
    private readonly transactions: Transactions,
    private readonly index: SearchIndex,
    private readonly events: DomainEvents,
    private readonly jobs: Jobs,
    private readonly writer: MessageWriter,
    private readonly role: ProcessRole,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.role.isServer) return;
    this.events.on(MessagesPosted, ({ roomId, messages }) => {
      this.posted += messages.length;
      this.schedule([roomId]);
    });
    this.jobs.every('search-sweep', SWEEP_SECONDS, () => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /** Schedules rooms with messages that no process has indexed: sent by a command, or before a crash. */
  async sweep(): Promise<void> {
    const rows = await this.transactions.query<{ roomId: string }>(
      `SELECT h.room_id AS "roomId" FROM room_heads h JOIN rooms r ON r.id = h.room_id AND r.deleted_at IS NULL
       LEFT JOIN search_marks k ON k.room_id = h.room_id WHERE h.last_seq > coalesce(k.seq, 0) LIMIT $1`,
      [SWEEP_ROOMS],
    );
    this.schedule(rows.map(({ roomId }) => roomId));
  }

  private schedule(roomIds: readonly string[]): void {
    for (const roomId of roomIds) this.dirty.add(roomId);
    if (this.timer || this.running || this.stopping.signal.aborted || this.dirty.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.running = this.indexAll().finally(() => {
        this.running = undefined;
        this.schedule([]);
      });
    }, DELAY_MS).unref();
  }

  /** Indexes all scheduled rooms; after a failure the next sweep continues. */
  private async indexAll(): Promise<void> {
    try {
      while (this.dirty.size > 0 && !this.stopping.signal.aborted) await this.indexNext();
    } catch (error) {
      this.dirty.clear();
      this.log.warn(error instanceof Error ? error.message : String(error));
    }
  }

  private async indexNext(): Promise<void> {
    const since = performance.now();
    this.posted = 0;
    const rooms = [...this.dirty].slice(0, STEP_ROOMS);
    for (const roomId of rooms) this.dirty.delete(roomId);
    const { messages, left } = await this.indexStep(rooms);
    // If nothing was indexed and rooms are left, another process is indexing them.
    if (messages > 0) for (const roomId of left) this.dirty.add(roomId);
    await this.mergePending(messages);
    await this.throttle(performance.now() - since);
  }

  private async indexStep(roomIds: readonly string[]): Promise<IndexStep> {
    // Committed before it is locked: a purge finds the mark, and waits until this step is done.
    await this.transactions.query(
      `INSERT INTO search_marks (room_id) SELECT r.id FROM rooms r WHERE r.id = ANY ($1::uuid[]) AND r.deleted_at IS NULL
       ON CONFLICT DO NOTHING`,
      [roomIds],
    );
    return this.transactions.run(async () => {
      // A locked mark belongs to another process, which indexes the messages of this one, too.
      const rows = await this.transactions.query<Omit<Indexable, 'text'> & { text: string | null }>(
        `WITH marks AS MATERIALIZED (
           SELECT room_id, seq FROM search_marks WHERE room_id = ANY ($1::uuid[]) ORDER BY room_id FOR UPDATE SKIP LOCKED
         )
         SELECT m.room_id AS "roomId", m.seq, m.user_id AS "userId", m.created_at AS "createdAt",
           CASE WHEN m.type <> 'system' AND m.deleted_at IS NULL THEN m.text END AS text,
           EXISTS (SELECT 1 FROM message_media f WHERE f.room_id = m.room_id AND f.message_id = m.id) AS "hasMedia"
         FROM marks k CROSS JOIN LATERAL (
           SELECT * FROM messages n WHERE n.room_id = k.room_id AND n.seq > k.seq ORDER BY n.seq LIMIT $2
         ) m ORDER BY m.room_id, m.seq LIMIT $3`,
        [roomIds, STEP_PER_ROOM, STEP],
      );
      await this.index.indexMessages(rows.filter((row): row is Indexable => row.text !== null));
      const marks = new Map(rows.map(({ roomId, seq }) => [roomId, seq]));
      await this.transactions.query(
        `UPDATE search_marks k SET seq = n.seq FROM unnest($1::uuid[], $2::bigint[]) n (room_id, seq) WHERE k.room_id = n.room_id`,
        [[...marks.keys()], [...marks.values()]],
      );
      return { messages: rows.length, left: await this.findUnindexed(roomIds) };
    });
  }

  private async findUnindexed(roomIds: readonly string[]): Promise<string[]> {
    const rows = await this.transactions.query<{ roomId: string }>(
      `SELECT k.room_id AS "roomId" FROM search_marks k JOIN room_heads h ON h.room_id = k.room_id
       WHERE k.room_id = ANY ($1::uuid[]) AND h.last_seq > k.seq`,
      [roomIds],
    );
    return rows.map(({ roomId }) => roomId);
  }

  /** A search scans the whole pending list of the trigram index: this keeps it short, merging many entries at a time. */
  private async mergePending(messages: number): Promise<void> {
    this.pending += messages;
    if (this.pending < MAX_PENDING) return;
    this.pending = 0;
    await this.transactions.query(`SELECT gin_clean_pending_list('message_search_grams_idx')`);
  }

  /** Pauses while many messages are sent, to keep sends fast; the index catches up later. */
  private async throttle(spentMs: number): Promise<void> {
    const perSecond = (this.posted / spentMs) * 1_000;
    if (this.dirty.size === 0 || perSecond <= UNTHROTTLED_RATE) return;
    const factor = this.writer.depth < BUSY_DEPTH ? PAUSE.normal : PAUSE.busy;
    await pause(spentMs * factor, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
