import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { JobQueue } from './job-queue.js';
import { JobRegistry, type TimerHandler } from './job-registry.js';
import { JobRunner } from './job-runner.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobPayload } from './job.types.js';

/** Durable work in the table `jobs`, shared by all processes. Any process may enqueue; only servers run jobs and timers. */
@Injectable()
export class Jobs {
  constructor(
    private readonly queue: JobQueue,
    private readonly registry: JobRegistry,
    private readonly runner: JobRunner,
    private readonly transactions: Transactions,
  ) {}

  /** Part of the caller's transaction: no commit, no job. Begins at once after the commit, or at `runAt`, give or take two seconds. */
  async enqueue(kind: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    await this.queue.addJob(kind, payload, options);
    this.transactions.afterCommit(() => this.runner.wake());
  }

  /** Says who does the jobs of a kind. Called once a kind, in `onModuleInit`. */
  handle<P extends JobPayload>(kind: string, handler: JobHandler<P>): void {
    if (this.registry.handlers.has(kind)) throw new Error(`two handlers for the job ${kind}`);
    this.registry.handlers.set(kind, handler as unknown as JobHandler);
  }

  /**
   * Runs about every so many seconds in all processes together, never twice at a time; what it throws is logged, and the next turn comes
   * as ever. Called in `onModuleInit`.
   */
  every(name: string, seconds: number, handler: TimerHandler): void {
    const kind = `timer:${name}`;
    if (this.registry.timers.has(kind)) throw new Error(`two timers are called ${name}`);
    this.registry.timers.set(kind, { seconds, handler });
  }

  counts(): Promise<JobCounts> {
    return this.queue.counts();
  }
}
