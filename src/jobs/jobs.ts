import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { JobQueue } from './job-queue.js';
import { JobRegistry, type TimerHandler } from './job-registry.js';
import { JobRunner } from './job-runner.js';
import type { EnqueueOptions, JobCounts, JobHandler, JobPayload } from './job.types.js';

/** Durable work in the table `jobs`, shared by all processes. Any process may enqueue jobs; only servers run jobs and timers. */
@Injectable()
export class Jobs {
  constructor(
    private readonly queue: JobQueue,
    private readonly registry: JobRegistry,
    private readonly runner: JobRunner,
    private readonly transactions: Transactions,
  ) {}

  /** Inserts a job in the caller's transaction. It starts right after the commit, or within two seconds of `runAt`. */
  async enqueue(kind: string, payload: JobPayload, options: EnqueueOptions = {}): Promise<void> {
    await this.queue.addJob(kind, payload, options);
    this.transactions.afterCommit(() => this.runner.checkNow());
  }

  /** Registers the handler of a kind, once, in `onModuleInit`. */
  handle<P extends JobPayload>(kind: string, handler: JobHandler<P>): void {
    if (this.registry.handlers.has(kind)) throw new Error(`two handlers for the job ${kind}`);
    this.registry.handlers.set(kind, handler as unknown as JobHandler);
  }

  /**
   * Registers a timer, in `onModuleInit`. It runs about every `seconds` across all processes, never concurrently; its errors are logged, and
   * the next run is not affected.
   */
  every(name: string, seconds: number, handler: TimerHandler): void {
    const kind = `timer:${name}`;
    if (this.registry.timers.has(kind)) throw new Error(`two timers named ${name}`);
    this.registry.timers.set(kind, { seconds, handler });
  }

  counts(): Promise<JobCounts> {
    return this.queue.countJobs();
  }
}
