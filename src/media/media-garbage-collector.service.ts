import { Injectable, Logger } from '@nestjs/common';
import { In } from 'typeorm';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { type ListedObject, ObjectStore } from '../storage/object-store.js';
import { Media } from './media.entity.js';
import { MediaObjects } from './media-objects.service.js';
import { isReferenced } from './media.repository.js';

const BATCH_SIZE = 500;
/** How long a marked file stays in the store, in case something refers to it. */
const GRACE = `interval '1 day'`;
/** The completion of a direct upload may still run when the upload expires. */
const COMPLETION_GRACE = `interval '1 hour'`;
/** Longer than any upload takes: no row will be written for an object of this age. */
const UPLOAD_MS = 24 * 3_600_000;
/** So many orphans, and more than objects with a row, are not left over from crashes: the store belongs to another database. */
const SUSPICIOUS_ORPHANS = 1_000;
const MAX_ORPHANS = 10_000;

export interface Collected {
  /** Direct uploads that were not completed in time. */
  expired: number;
  marked: number;
  /** Marked files to which something refers. */
  restored: number;
  removed: number;
}

export interface Swept {
  marked: number;
  /** Objects without a row. */
  orphans: number;
}

type FileKeys = Pick<Media, 'objectKey' | 'thumbnailKey'>;
const FILE_KEYS = `object_key AS "objectKey", thumbnail_key AS "thumbnailKey"`;

/**
 * Removes files to which nothing refers. A file is marked by a condition on its row alone: attaching writes that row, and fails from then
 * on. A day later, when no attaching can be in flight, its references are looked up under its lock, in a statement of their own; only then
 * it is removed. (A condition on other tables, in the statement that waits for the lock, would see those tables as they were before the
 * wait.) Every step may be interrupted, repeated, and run in several processes.
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

  /** Removes expired uploads and files marked a day ago, and marks files that were never attached: cheap by indexes, every hour. */
  async collectGarbage(signal?: AbortSignal): Promise<Collected> {
    const expired = await repeat(signal, () => this.removeExpired());
    const marked = await repeat(signal, () => this.markNeverAttached());
    let restored = 0;
    const decided = await repeat(signal, async () => {
      const batch = await this.removeMarked();
      restored += batch.restored;
      return batch.restored + batch.removed;
    });
    return { expired, marked, restored, removed: decided - restored };
  }

  /** Marks files to which nothing refers any more, and deletes orphans: reads all files and objects, every day. */
  async sweep(signal?: AbortSignal): Promise<Swept> {
    const marked = await this.markUnreferenced(signal);
    await this.store.removeDrafts();
    return { marked, orphans: await this.deleteOrphans(signal) };
  }

  private async removeExpired(): Promise<number> {
    const files = await this.transactions.query<FileKeys>(
      `DELETE FROM media WHERE id IN (
         SELECT id FROM media WHERE status = 'pending' AND expires_at < clock_timestamp() - ${COMPLETION_GRACE}
         LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING ${FILE_KEYS}`,
      [BATCH_SIZE],
    );
    await this.objects.deleteObjects(...files);
    return files.length;
  }

  private async markNeverAttached(): Promise<number> {
    const marked = await this.transactions.query(
      `UPDATE media SET doomed_at = clock_timestamp() WHERE id IN (
         SELECT id FROM media WHERE attached_at IS NULL AND doomed_at IS NULL AND status = 'ready'
           AND created_at < clock_timestamp() - make_interval(hours => $1)
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
      [this.settings.media.collectAfterHours, BATCH_SIZE],
    );
    return marked.length;
  }

  /** Marks files that were attached once: their messages were deleted, their rooms purged, their avatars replaced. */
  private async markUnreferenced(signal?: AbortSignal): Promise<number> {
    const [{ before } = { before: '' }] = await this.transactions.query<{ before: string }>(
      `SELECT (clock_timestamp() - make_interval(hours => $1))::text AS before`,
      [this.settings.media.collectAfterHours],
    );
    let marked = 0;
    let after: string | null = null;
    await repeat(signal, async () => {
      const page: { id: string; referenced: boolean }[] = await this.transactions.query(
        `SELECT m.id, ${isReferenced('m')} AS referenced FROM (
           SELECT id FROM media WHERE ($1::uuid IS NULL OR id > $1) AND attached_at < $2 AND doomed_at IS NULL ORDER BY id LIMIT $3) m
         ORDER BY m.id`,
        [after, before, BATCH_SIZE],
      );
      const ids = page.filter(({ referenced }) => !referenced).map(({ id }) => id);
      // attached_at again: a file may have been attached since it was read.
      const rows = await this.transactions.query(
        `UPDATE media SET doomed_at = clock_timestamp() WHERE id IN (
           SELECT id FROM media WHERE id = ANY ($1::uuid[]) AND attached_at < $2 AND doomed_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED)
         RETURNING 1`,
        [ids, before],
      );
      marked += rows.length;
      after = page.at(-1)?.id ?? null;
      return page.length;
    });
    return marked;
  }

  private async removeMarked(): Promise<{ restored: number; removed: number }> {
    const { restored, removed } = await this.transactions.run(async () => {
      const locked = await this.transactions.query<{ id: string }>(
        `SELECT id FROM media WHERE doomed_at < clock_timestamp() - ${GRACE} ORDER BY doomed_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [BATCH_SIZE],
      );
      const ids = locked.map(({ id }) => id);
      return {
        restored: await this.transactions.query(
          `UPDATE media m SET doomed_at = NULL, attached_at = coalesce(attached_at, clock_timestamp())
           WHERE id = ANY ($1::uuid[]) AND ${isReferenced('m')} RETURNING 1`,
          [ids],
        ),
        removed: await this.transactions.query<FileKeys>(
          `DELETE FROM media WHERE id = ANY ($1::uuid[]) AND doomed_at IS NOT NULL RETURNING ${FILE_KEYS}`,
          [ids],
        ),
      };
    });
    await this.objects.deleteObjects(...removed);
    return { restored: restored.length, removed: removed.length };
  }

  /** Deletes objects that are left over when a process crashed between the store and the database. */
  private async deleteOrphans(signal?: AbortSignal): Promise<number> {
    const orphans: string[] = [];
    let known = 0;
    for (const prefix of MediaObjects.prefixes) {
      for await (const objects of batches(this.store.list(prefix))) {
        if (signal?.aborted || orphans.length >= MAX_ORPHANS) break;
        const old = objects.filter(({ modifiedAt }) => modifiedAt.getTime() < Date.now() - UPLOAD_MS).map(({ key }) => key);
        const keys = await this.findKeys(old);
        orphans.push(...old.filter((key) => !keys.has(key)));
        known += keys.size;
      }
    }
    if (orphans.length >= SUSPICIOUS_ORPHANS && orphans.length > known) {
      this.log.error(
        `${orphans.length} objects in the store have no file in this database, ${known} have one. Nothing was deleted: check that the ` +
          `store belongs to this database.`,
      );
      return 0;
    }
    await this.objects.deleteObjects(...orphans);
    return orphans.length;
  }

  /** Returns the keys to which the rows of these objects' files refer. */
  private async findKeys(keys: readonly string[]): Promise<Set<string>> {
    const ids = keys.map((key) => this.objects.mediaIdOf(key)).filter((id) => id !== null);
    const media = await this.transactions.manager.findBy(Media, { id: In(ids) });
    return new Set(media.flatMap(({ objectKey, thumbnailKey }) => [objectKey, thumbnailKey]).filter((key) => key !== null));
  }
}

/** Repeats a step until it handles less than a batch. Returns how many it handled. */
async function repeat(signal: AbortSignal | undefined, step: () => Promise<number>): Promise<number> {
  let total = 0;
  while (!signal?.aborted) {
    const count = await step();
    total += count;
    if (count < BATCH_SIZE) break;
  }
  return total;
}

async function* batches(objects: AsyncIterable<ListedObject>): AsyncGenerator<ListedObject[]> {
  let batch: ListedObject[] = [];
  for await (const object of objects) {
    batch.push(object);
    if (batch.length < BATCH_SIZE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
