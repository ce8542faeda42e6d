/** JSON, as it stands in the table. */
export type JobPayload = Readonly<Record<string, unknown>>;

export interface JobContext {
  /** 1 at the first try of a step. */
  readonly attempt: number;
  /** Aborted when the process shuts down: a long step may end early with `{ again }`. */
  readonly signal: AbortSignal;
}

/**
 * One step of a job, at least once: it must do no harm when it is done twice. It opens its own transactions. Return `{ again: payload }`
 * after a step to go on with the next one (other jobs come between); nothing when the job is done. What it throws is tried again later.
 */
export type JobHandler<P extends JobPayload = JobPayload> = (payload: P, context: JobContext) => Promise<{ again: P } | void>;

export interface EnqueueOptions {
  readonly runAt?: Date;
  /** One living job a key: a second one takes its payload over, and runs again when the first is running already. */
  readonly key?: string;
}

export interface JobCounts {
  readonly waiting: number;
  readonly running: number;
  /** Given up after the last attempt; kept for 90 days with `last_error`. */
  readonly failed: number;
  /** How long the oldest of those that are due has waited; 0 when none is. */
  readonly lateSeconds: number;
}
