import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { Job } from './job.entity.js';
import type { EnqueueOptions, JobCounts, JobPayload } from './job.types.js';

/** A job that this process runs. `attempts` identifies the claim: the row has another value once it is claimed or enqueued again. */
export interface ClaimedJob {
  readonly id: string;
  readonly kind: string;
  readonly payload: JobPayload;
  readonly attempts: number;
}

/** The clock of the database, truncated: rounding to the milliseconds of the column could lie in the future. */
const NOW = `date_trunc('milliseconds', clock_timestamp())`;
const MAX_ERROR = 1_000;

/** The table `jobs`. A running row is locked for a limited time; enqueueing its key again sets `attempts` to 0, and the row runs again. */
@Injectable()
export class JobQueue {
  constructor(private readonly transactions: Transactions) {}

  async addJob(kind: string, payload: JobPayload, { runAt, key }: EnqueueOptions): Promise<void> {
    await this.transactions.query(
      `INSERT INTO jobs AS j (id, kind, key, payload, run_at) VALUES ($1, $2, $3, $4, coalesce($5, ${NOW}))
       ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, payload = excluded.payload, attempts = 0, failed_at = NULL, last_error = NULL,
         run_at = CASE WHEN j.failed_at IS NULL AND j.locked_until IS NULL THEN least(j.run_at, excluded.run_at) ELSE excluded.run_at END`,
      [newId(), kind, key ?? null, JSON.stringify(payload), runAt ?? null],
    );
  }

  /** Inserts a timer unless it exists; a shorter interval takes effect at once. */
  async addTimer(kind: string, seconds: number): Promise<void> {
    await this.transactions.query(
      `INSERT INTO jobs AS j (id, kind, key, run_at) VALUES ($1, $2, $2, ${NOW})
       ON CONFLICT (key) DO UPDATE SET run_at = least(j.run_at, ${NOW} + make_interval(secs => $3))`,
      [newId(), kind, seconds],
    );
  }

  claimJobs(kinds: readonly string[], limit: number, lockSeconds: number): Promise<ClaimedJob[]> {
    return this.transactions.query<ClaimedJob>(
      `WITH due AS MATERIALIZED (
         SELECT id FROM jobs
         WHERE failed_at IS NULL AND run_at <= clock_timestamp() AND (locked_until IS NULL OR locked_until <= clock_timestamp())
           AND kind = ANY ($1)
         ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       UPDATE jobs j SET locked_until = ${NOW} + make_interval(secs => $3), attempts = j.attempts + 1
       FROM due WHERE j.id = due.id RETURNING j.id, j.kind, j.payload, j.attempts`,
      [kinds, limit, lockSeconds],
    );
  }

  async extendLock({ id, attempts }: ClaimedJob, lockSeconds: number): Promise<void> {
    await this.transactions.query(
      `UPDATE jobs SET locked_until = ${NOW} + make_interval(secs => $3) WHERE id = $1 AND attempts IN (0, $2) AND locked_until IS NOT NULL`,
      [id, attempts, lockSeconds],
    );
  }

  async complete({ id, attempts }: ClaimedJob): Promise<void> {
    const { affected } = await this.transactions.manager.delete(Job, { id, attempts });
    if (!affected) await this.unlockEnqueued(id);
  }

  /** Undoes a claim. */
  async unclaim({ id, attempts }: ClaimedJob): Promise<void> {
    await this.transactions.manager.update(Job, { id, attempts }, { lockedUntil: null, attempts: attempts - 1 });
  }

  /** Schedules the next step of a job, or the next run of a timer, as a first attempt. */
  async scheduleStep({ id, attempts }: ClaimedJob, payload: JobPayload, inSeconds = 0): Promise<void> {
    const updated = await this.transactions.query(
      `UPDATE jobs SET payload = $3, attempts = 0, locked_until = NULL, last_error = NULL, run_at = ${NOW} + make_interval(secs => $4)
       WHERE id = $1 AND attempts = $2 RETURNING id`,
      [id, attempts, JSON.stringify(payload), inSeconds],
    );
    if (updated.length === 0) await this.unlockEnqueued(id);
  }

  /** @param inSeconds until the next attempt; null: no further attempt */
  async recordFailure({ id, attempts }: ClaimedJob, error: string, inSeconds: number | null): Promise<void> {
    const updated = await this.transactions.query(
      `UPDATE jobs SET locked_until = NULL, last_error = $3, run_at = ${NOW} + make_interval(secs => coalesce($4::float8, 0)),
         failed_at = CASE WHEN $4 IS NULL THEN ${NOW} END
       WHERE id = $1 AND attempts = $2 RETURNING id`,
      [id, attempts, error.replaceAll('\0', '').slice(0, MAX_ERROR), inSeconds],
    );
    if (updated.length === 0) await this.unlockEnqueued(id);
  }

  async deleteFailed(days: number): Promise<void> {
    await this.transactions.query(`DELETE FROM jobs WHERE failed_at < now() - make_interval(days => $1)`, [days]);
  }

  async countJobs(): Promise<JobCounts> {
    const [counts] = await this.transactions.query<JobCounts>(
      `SELECT count(*) FILTER (WHERE failed_at IS NULL AND (locked_until IS NULL OR locked_until <= now()))::int AS waiting,
         count(*) FILTER (WHERE failed_at IS NULL AND locked_until > now())::int AS running,
         count(*) FILTER (WHERE failed_at IS NOT NULL)::int AS failed,
         coalesce(greatest(extract(epoch FROM now() - min(run_at) FILTER
           (WHERE failed_at IS NULL AND run_at <= now() AND (locked_until IS NULL OR locked_until <= now()))), 0), 0)::float8 AS "lateSeconds"
       FROM jobs WHERE kind NOT LIKE 'timer:%'`,
    );
    return counts ?? { waiting: 0, running: 0, failed: 0, lateSeconds: 0 };
  }

  /** Unlocks a job that was enqueued again while it ran, so that it runs again. */
  private async unlockEnqueued(id: string): Promise<void> {
    await this.transactions.manager.update(Job, { id, attempts: 0 }, { lockedUntil: null });
  }
}
