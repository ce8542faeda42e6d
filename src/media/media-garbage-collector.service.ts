import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { type ListedObject, ObjectStore } from '../storage/object-store.js';
import { isReferenced } from './media.queries.js';
import { MediaObjects } from './media-objects.service.js';

const AT_ONCE = 500;
/** A doomed file stays in the store for so long, in case that something did refer to it. */
const GRACE = `interval '1 day'`;
/** What is completed at the last moment may be at work still. */
const LATE = `interval '1 hour'`;
/** Longer than any upload takes: an object so old whose row is not there will get none. */
const ARRIVAL_MS = 24 * 3_600_000;
/** So many objects without a row, and more than there are with one, are no remains of crashes: that is the store of another database. */
const SURPRISING = 1_000;
const MAX_ORPHANS = 10_000;

export interface Collected {
  /** Direct uploads that nobody completed. */
  expired: number;
  marked: number;
  /** Doomed, and yet referred to. */
  restored: number;
  removed: number;
  /** Objects of no file. */
  orphans: number;
}

interface Gone {
  objectKey: string;
  thumbnailKey: string | null;
}

/**
 * Removes what nothing refers to, and never what something does. A file is doomed by a condition on its row alone: who attaches it writes
 * that row, and is refused from then on. A day later, when no attaching can be in flight, its references are looked for under its lock, in
 * a statement of their own; only then it goes. (A condition on other tables, in the statement that waits for the lock, would be judged by
 * what stood there before it waited.) Every step may be cut off, repeated, and run in several processes.
 */
@Injectable()
export class MediaGarbageCollector {
  private readonly log = new Logger(MediaGarbageCollector.name);

  constructor(
    private readonly transactions: Transactions,
    private readonly store: ObjectStore,
    private readonly objects: MediaObjects,
    private readonly settings: Settings,
  ) {}

  /** What indexes find at once: for every hour. */
  async collectGarbage(signal?: AbortSignal): Promise<Collected> {
    const collected = { expired: 0, marked: 0, restored: 0, removed: 0, orphans: 0 };
    await repeat(signal, async () => {
      const expired = await this.expire();
      collected.expired += expired;
      return expired === AT_ONCE;
    });
    await repeat(signal, async () => {
      const marked = await this.markNeverAttached();
      collected.marked += marked;
      return marked === AT_ONCE;
    });
    await repeat(signal, async () => {
      const { restored, removed } = await this.remove();
      collected.restored += restored;
      collected.removed += removed;
      return restored + removed === AT_ONCE;
    });
    return collected;
  }

  /** What can be seen only by going through everything: for every day. */
  async sweep(signal?: AbortSignal): Promise<Pick<Collected, 'marked' | 'orphans'>> {
    const doomed = await this.markUnreferenced(signal);
    await this.store.removeDrafts();
    return { marked: doomed, orphans: await this.deleteOrphans(signal) };
  }

  private async expire(): Promise<number> {
    const gone = await this.transactions.query<Gone>(
      `DELETE FROM media WHERE id IN (
         SELECT id FROM media WHERE status = 'pending' AND expires_at < clock_timestamp() - ${LATE} LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING object_key AS "objectKey", thumbnail_key AS "thumbnailKey"`,
      [AT_ONCE],
    );
    await this.objects.deleteObjects(...gone);
    return gone.length;
  }

  /** Files that were never attached. */
  private async markNeverAttached(): Promise<number> {
    const doomed = await this.transactions.query(
      `UPDATE media SET doomed_at = clock_timestamp() WHERE id IN (
         SELECT id FROM media WHERE attached_at IS NULL AND doomed_at IS NULL AND status = 'ready'
           AND created_at < clock_timestamp() - make_interval(hours => $1)
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [this.settings.media.collectAfterHours, AT_ONCE],
    );
    return doomed.length;
  }

  /** Files that were attached once, and are no more: their messages were deleted, their rooms purged, their avatars replaced. */
  private async markUnreferenced(signal?: AbortSignal): Promise<number> {
    const [{ before } = { before: '' }] = await this.transactions.query<{ before: string }>(
      `SELECT (clock_timestamp() - make_interval(hours => $1))::text AS before`,
      [this.settings.media.collectAfterHours],
    );
    let doomed = 0;
    let after: string | null = null;
    await repeat(signal, async () => {
      const page: { id: string; referred: boolean }[] = await this.transactions.query(
        `SELECT m.id, ${isReferenced('m')} AS referred FROM (
           SELECT id FROM media WHERE ($1::uuid IS NULL OR id > $1) AND attached_at < $2 AND doomed_at IS NULL ORDER BY id LIMIT $3) m
         ORDER BY m.id`,
        [after, before, AT_ONCE],
      );
      const ids = page.filter(({ referred }) => !referred).map(({ id }) => id);
      // Attached meanwhile: the row says so.
      const done = await this.transactions.query(
        `UPDATE media SET doomed_at = clock_timestamp() WHERE id IN (
           SELECT id FROM media WHERE id = ANY ($1::uuid[]) AND attached_at < $2 AND doomed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED)
         RETURNING 1`,
        [ids, before],
      );
      doomed += done.length;
      after = page.at(-1)?.id ?? null;
      return page.length === AT_ONCE;
    });
    return doomed;
  }

  private async remove(): Promise<{ restored: number; removed: number }> {
    const { restored, gone } = await this.transactions.run(async () => {
      const held = await this.transactions.query<{ id: string }>(
        `SELECT id FROM media WHERE doomed_at < clock_timestamp() - ${GRACE} ORDER BY doomed_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [AT_ONCE],
      );
      const ids = held.map(({ id }) => id);
      const kept = await this.transactions.query(
        `UPDATE media m SET doomed_at = NULL, attached_at = coalesce(attached_at, clock_timestamp())
         WHERE id = ANY ($1::uuid[]) AND ${isReferenced('m')} RETURNING 1`,
        [ids],
      );
      const removed = await this.transactions.query<Gone>(
        `DELETE FROM media WHERE id = ANY ($1::uuid[]) AND doomed_at IS NOT NULL
         RETURNING object_key AS "objectKey", thumbnail_key AS "thumbnailKey"`,
        [ids],
      );
      return { restored: kept.length, gone: removed };
    });
    await this.objects.deleteObjects(...gone);
    return { restored, removed: gone.length };
  }

  /** Objects that were left behind when a process died between the store and the database. */
  private async deleteOrphans(signal?: AbortSignal): Promise<number> {
    const strays: string[] = [];
    let known = 0;
    for (const place of MediaObjects.places) {
      for await (const objects of batches(this.store.list(place))) {
        if (signal?.aborted || strays.length >= MAX_ORPHANS) break;
        const old = objects.filter(({ modifiedAt }) => modifiedAt.getTime() < Date.now() - ARRIVAL_MS).map(({ key }) => key);
        const keys = await this.keysOf(old);
        strays.push(...old.filter((key) => !keys.has(key)));
        known += keys.size;
      }
    }
    if (strays.length >= SURPRISING && strays.length > known) {
      this.log.error(
        `${strays.length} objects in the store are of no file here, ${known} are: it may serve another database. Nothing removed.`,
      );
      return 0;
    }
    await this.objects.deleteObjects(...strays);
    return strays.length;
  }

  private async keysOf(keys: readonly string[]): Promise<Set<string>> {
    const ids = keys.map((key) => this.objects.mediaIdOf(key)).filter((id) => id !== null);
    const rows = await this.transactions.query<Gone>(
      `SELECT object_key AS "objectKey", thumbnail_key AS "thumbnailKey" FROM media WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Set(rows.flatMap(({ objectKey, thumbnailKey }) => (thumbnailKey === null ? [objectKey] : [objectKey, thumbnailKey])));
  }
}

/** Until a step says that it was the last. */
async function repeat(signal: AbortSignal | undefined, step: () => Promise<boolean>): Promise<void> {
  while (!signal?.aborted && (await step()));
}

async function* batches(objects: AsyncIterable<ListedObject>): AsyncGenerator<ListedObject[]> {
  let batch: ListedObject[] = [];
  for await (const object of objects) {
    batch.push(object);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
