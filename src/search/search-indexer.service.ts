import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ProcessRole } from '../config/process-role.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { Jobs } from '../jobs/jobs.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import { MessagesPosted } from '../timeline/timeline.events.js';
import { SearchIndex, type Indexable } from './search-index.service.js';

/** Messages in one step, and of one room in it. */
const STEP = 250;
const STEP_OF_ROOM = 125;
const ROOMS_AT_ONCE = 100;
/** What comes within this time is indexed together. */
const DELAY_MS = 200;
/** Rooms that a sweep takes up at once, and how often it looks. */
const SWEEP = 1_000;
const SWEEP_SECONDS = 30;
/** Sends a second up to which the index keeps up without a rest; it costs about three times as much as they do. */
const CALM = 300;
/** Messages that wait to be written from which on the database has nothing to spare. */
const CROWD = 16;
/** Rests, in times of the work before: half of one connection goes to the index then, or a few hundredths of it. */
const REST = { brisk: 1, crowded: 30 };
/** Entries that wait in the index's own list before it is told to sort them in. */
const PENDING = 500;

interface IndexStep {
  messages: number;
  /** Rooms with more to index, and those that another process has in hand. */
  left: string[];
}

/**
 * Fills the index behind the send path: what was sent is found within a second, later when the server has nothing to spare. Each room has a
 * mark up to which it is indexed, so nothing is forgotten whatever dies.
 */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SearchIndexer.name);
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private posted = 0;
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
      this.wake([roomId]);
    });
    this.jobs.every('search-sweep', SWEEP_SECONDS, () => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  /** Takes up rooms whose messages were sent where nobody indexed: by a command, or before a crash. */
  async sweep(): Promise<void> {
    const rows = await this.transactions.query<{ roomId: string }>(
      `SELECT h.room_id AS "roomId" FROM room_heads h JOIN rooms r ON r.id = h.room_id AND r.deleted_at IS NULL
       LEFT JOIN search_marks k ON k.room_id = h.room_id WHERE h.last_seq > coalesce(k.seq, 0) LIMIT $1`,
      [SWEEP],
    );
    this.wake(rows.map(({ roomId }) => roomId));
  }

  private wake(roomIds: readonly string[]): void {
    for (const roomId of roomIds) this.dirty.add(roomId);
    if (this.timer || this.running || this.stopping.signal.aborted || this.dirty.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.running = this.run().finally(() => {
        this.running = undefined;
        this.wake([]);
      });
    }, DELAY_MS).unref();
  }

  /** Until nothing is left; a failure leaves the rest to the next sweep. */
  private async run(): Promise<void> {
    try {
      while (this.dirty.size > 0 && !this.stopping.signal.aborted) await this.turn();
    } catch (error) {
      this.dirty.clear();
      this.log.warn(error instanceof Error ? error.message : String(error));
    }
  }

  private async turn(): Promise<void> {
    const since = performance.now();
    this.posted = 0;
    const rooms = [...this.dirty].slice(0, ROOMS_AT_ONCE);
    for (const roomId of rooms) this.dirty.delete(roomId);
    const { messages, left } = await this.step(rooms);
    // Nothing done, but something left: another process is at it.
    if (messages > 0) for (const roomId of left) this.dirty.add(roomId);
    await this.sortIn(messages);
    await this.standBack(performance.now() - since);
  }

  private async step(roomIds: readonly string[]): Promise<IndexStep> {
    // Committed before it is held: a purge finds it, and waits for who works on the room.
    await this.transactions.query(
      `INSERT INTO search_marks (room_id) SELECT r.id FROM rooms r WHERE r.id = ANY ($1::uuid[]) AND r.deleted_at IS NULL
       ON CONFLICT DO NOTHING`,
      [roomIds],
    );
    return this.transactions.run(async () => {
      // Another process that works on a room does this one's share, too.
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
        [roomIds, STEP_OF_ROOM, STEP],
      );
      await this.index.indexMessages(rows.filter((row): row is Indexable => row.text !== null));
      const marks = new Map(rows.map(({ roomId, seq }) => [roomId, seq]));
      await this.transactions.query(
        `UPDATE search_marks k SET seq = n.seq FROM unnest($1::uuid[], $2::bigint[]) n (room_id, seq) WHERE k.room_id = n.room_id`,
        [[...marks.keys()], [...marks.values()]],
      );
      return { messages: rows.length, left: await this.behind(roomIds) };
    });
  }

  private async behind(roomIds: readonly string[]): Promise<string[]> {
    const rows = await this.transactions.query<{ roomId: string }>(
      `SELECT k.room_id AS "roomId" FROM search_marks k JOIN room_heads h ON h.room_id = k.room_id
       WHERE k.room_id = ANY ($1::uuid[]) AND h.last_seq > k.seq`,
      [roomIds],
    );
    return rows.map(({ roomId }) => roomId);
  }

  /** A search reads the index's list of new entries from end to end: it is kept short, and sorted in at once rather than entry by entry. */
  private async sortIn(messages: number): Promise<void> {
    this.pending += messages;
    if (this.pending < PENDING) return;
    this.pending = 0;
    await this.transactions.query(`SELECT gin_clean_pending_list('message_search_grams_idx')`);
  }

  /** While people send a lot, the index takes what is left, and catches up later: a send must hardly feel it. */
  private async standBack(spentMs: number): Promise<void> {
    const perSecond = (this.posted / spentMs) * 1_000;
    if (this.dirty.size === 0 || perSecond <= CALM) return;
    const rest = this.writer.depth < CROWD ? REST.brisk : REST.crowded;
    await pause(spentMs * rest, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
