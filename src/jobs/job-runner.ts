import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ProcessRole } from '../config/process-role.js';
import { type ClaimedJob, JobQueue } from './job-queue.js';
import { JobRegistry, type Timer } from './job-registry.js';

/** Steps that one process runs at a time: a small part of its connections. */
const AT_ONCE = 3;
/** A process that has died gives its jobs back after this long; one that lives extends its locks. */
const LOCK_SECONDS = 60;
const POLL_MS = 1_500;
const LAST_ATTEMPT = 10;
/** How long a shutdown leaves to the steps in flight, from its beginning; what is cut off runs again elsewhere. */
const PATIENCE_MS = 5_000;

/** 2 s after the first failure, then twice as long each time, 15 minutes at most: ten attempts take half an hour. */
const backoffSeconds = (attempts: number): number => Math.min(2 ** attempts, 900) * (0.75 + Math.random() / 2);

/** Takes what is due from the table, step by step. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger('Jobs');
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private living?: Promise<void>;
  private nudge: () => void = () => undefined;
  private nudged = false;
  private troubled = false;
  /** Of a shutdown, by `performance.now()`. */
  private deadline = 0;

  constructor(
    private readonly queue: JobQueue,
    private readonly registry: JobRegistry,
    private readonly role: ProcessRole,
  ) {}

  onApplicationBootstrap(): void {
    if (this.role.isServer && this.registry.kinds.length > 0) this.living = this.live();
  }

  /** No step begins from now on. */
  onModuleDestroy(): void {
    this.stopping.abort();
    this.deadline = performance.now() + PATIENCE_MS;
    this.wake();
  }

  /** Not before: the sockets would be told only once the steps have ended. A global module's turn comes after theirs. */
  async beforeApplicationShutdown(): Promise<void> {
    const quiet = this.living?.then(() => Promise.all(this.running));
    const patience = new AbortController();
    const left = Math.max(this.deadline - performance.now(), 0);
    await Promise.race([quiet, pause(left, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }

  /** Something is due, or may be. */
  wake(): void {
    this.nudged = true;
    this.nudge();
  }

  private async live(): Promise<void> {
    let timersStand = false;
    while (!this.stopping.signal.aborted) {
      this.nudged = false;
      try {
        if (!timersStand) await this.layTimers();
        timersStand = true;
        const free = AT_ONCE - this.running.size;
        const jobs = free > 0 ? await this.queue.claim(this.registry.kinds, free, LOCK_SECONDS) : [];
        // The end may have come while the claim was under way.
        if (this.stopping.signal.aborted) await Promise.all(jobs.map((job) => this.queue.unclaim(job)));
        else jobs.forEach((job) => this.start(job));
        this.troubled = false;
      } catch (error) {
        if (!this.troubled) this.log.error(`cannot read jobs: ${messageOf(error)}`);
        this.troubled = true;
      }
      await this.rest();
    }
  }

  private async layTimers(): Promise<void> {
    for (const [kind, { seconds }] of this.registry.timers) await this.queue.addTimer(kind, seconds);
  }

  /** Until somebody wakes it, or for the time between two polls, spread so that processes do not poll together. */
  private async rest(): Promise<void> {
    if (this.nudged) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS * (0.7 + Math.random() * 0.6));
      this.nudge = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private start(job: ClaimedJob): void {
    const run = this.run(job).catch((error: unknown) => {
      // The row stays locked, and comes back when the lock is over.
      this.log.error(`cannot write down the end of ${job.kind}: ${messageOf(error)}`);
    });
    this.running.add(run);
    void run.finally(() => {
      this.running.delete(run);
      this.wake(); // there is room, and perhaps a next step
    });
  }

  private async run(job: ClaimedJob): Promise<void> {
    const alive = setInterval(
      () => {
        this.queue.extend(job, LOCK_SECONDS).catch(() => undefined);
      },
      (LOCK_SECONDS * 1000) / 3,
    );
    try {
      const timer = this.registry.timers.get(job.kind);
      await (timer ? this.turn(job, timer) : this.step(job));
    } finally {
      clearInterval(alive);
    }
  }

  private async turn(job: ClaimedJob, { seconds, handler }: Timer): Promise<void> {
    try {
      await handler(this.context(job));
    } catch (error) {
      this.log.error(`${job.kind}: ${storyOf(error)}`);
    }
    await this.queue.scheduleStep(job, {}, seconds);
  }

  private async step(job: ClaimedJob): Promise<void> {
    const handler = this.registry.handlers.get(job.kind);
    let outcome;
    try {
      // A job that kills its process is never seen to fail: it is seen to begin too often.
      if (job.attempts > LAST_ATTEMPT) throw new Error('the process ended each time while it ran');
      outcome = await handler?.(job.payload, this.context(job));
    } catch (error) {
      const last = job.attempts >= LAST_ATTEMPT;
      this.log.error(`${job.kind} failed at attempt ${job.attempts}${last ? ', the last' : ''}: ${storyOf(error)}`);
      await this.queue.recordFailure(job, messageOf(error), last ? null : backoffSeconds(job.attempts));
      return;
    }
    await (outcome ? this.queue.scheduleStep(job, outcome.again) : this.queue.complete(job));
  }

  private context({ attempts }: ClaimedJob): { attempt: number; signal: AbortSignal } {
    return { attempt: attempts, signal: this.stopping.signal };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const storyOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
