/** JSON, as it stands in the table. */
export type JobPayload = Readonly<Record<string, unknown>>;

export interface JobContext {
  /** 1 at the first try of a step. */
  readonly attempt: number;
  /** Aborted when the process shuts down: a long step may end early with `{ again }`. */
  readonly signal: AbortSignal;
}

/**
 * One step of a job, at least once: it must do no harm when it is done twice. Return `{ again: payload }` after a step to go on with the
 * next one (another job may come between); nothing when the job is done. What it throws is tried again later.
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
  /** Given up after the last attempt; kept with `last_error`. */
  readonly failed: number;
}

/** Durable work in the table `jobs`, shared by all processes; runs in servers only. */
export abstract class Jobs {
  /** Part of the caller's transaction: no commit, no job. */
  abstract enqueue(kind: string, payload: JobPayload, options?: EnqueueOptions): Promise<void>;

  /** Called once a kind, in `onModuleInit`. */
  abstract handle<P extends JobPayload>(kind: string, handler: JobHandler<P>): void;

  /** Runs about every so many seconds, in one process at a time; what it throws is logged, and tried at the next turn. Called in `onModuleInit`. */
  abstract every(name: string, seconds: number, handler: (context: JobContext) => Promise<void>): void;

  abstract counts(): Promise<JobCounts>;
}
