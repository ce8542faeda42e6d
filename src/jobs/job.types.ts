/** JSON, as stored in the table. */
export type JobPayload = Readonly<Record<string, unknown>>;

export interface JobContext {
  /** 1 for the first attempt at a step. */
  readonly attempt: number;
  /** Aborted when the process shuts down; a long step may then end early with `{ again }`. */
  readonly signal: AbortSignal;
}

/**
 * Runs one step of a job, at least once, so it must be idempotent. It begins its own transactions. Returns `{ again: payload }` to schedule
 * the next step (other jobs may run in between), or nothing when the job is complete. After an error the step is tried again later.
 */
export type JobHandler<P extends JobPayload = JobPayload> = (payload: P, context: JobContext) => Promise<{ again: P } | void>;

export interface EnqueueOptions {
  readonly runAt?: Date;
  /** At most one job per key: enqueueing the key again replaces the payload, and a job that is running runs once more. */
  readonly key?: string;
}

export interface JobCounts {
  readonly waiting: number;
  readonly running: number;
  /** Failed at the last attempt; kept for 90 days with `last_error`. */
  readonly failed: number;
  /** How long the oldest due job has waited; 0 without one. */
  readonly lateSeconds: number;
}
