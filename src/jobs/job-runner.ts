import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { messageOf, stackOf } from '../common/thrown.js';
import { ProcessRole } from '../config/process-role.js';
import { type ClaimedJob, JobQueue } from './job-queue.js';
import { JobRegistry, type Timer } from './job-registry.js';

/** Concurrent steps of one process: they use a small part of its connections. */
const MAX_CONCURRENT = 3;
/** Another process may claim a job after this time; a running process extends its locks. */
const LOCK_SECONDS = 60;
const POLL_MS = 1_500;
const MAX_ATTEMPTS = 10;
/** How long a shutdown waits for running steps; another process repeats the steps that it interrupts. */
const SHUTDOWN_MS = 5_000;

/** 2 s after the first failure, doubled each time, at most 15 minutes: ten attempts take half an hour. */
const backoffSeconds = (attempts: number): number => Math.min(2 ** attempts, 900) * (0.75 + Math.random() / 2);

/** Claims due jobs from the table and runs their steps. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger('Jobs');
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();
  private loop?: Promise<void>;
  private endWait: () => void = () => undefined;
  private checkRequested = false;
  private failing = false;
  /** Of the shutdown, by `performance.now()`. */
  private deadline = 0;

  constructor(
    private readonly queue: JobQueue,
    private readonly registry: JobRegistry,
    private readonly role: ProcessRole,
  ) {}

  onApplicationBootstrap(): void {
    if (this.role.isServer && this.registry.kinds.length > 0) this.loop = this.runUntilStopped();
  }

  /** Starts no further step. */
  onModuleDestroy(): void {
    this.stopping.abort();
    this.deadline = performance.now() + SHUTDOWN_MS;
    this.checkNow();
  }

  /** Waits in this hook, since the gateway, whose hooks run before those of a global module, must first notify the sockets. */
  async beforeApplicationShutdown(): Promise<void> {
    const idle = this.loop?.then(() => Promise.all(this.running));
    const timeout = new AbortController();
    const left = Math.max(this.deadline - performance.now(), 0);
    await Promise.race([idle, sleep(left, undefined, { signal: timeout.signal }).catch(() => undefined)]);
    timeout.abort();
  }

  /** Checks for due jobs now instead of at the next poll. */
  checkNow(): void {
    this.checkRequested = true;
    this.endWait();
  }

  private async runUntilStopped(): Promise<void> {
    let timersAdded = false;
    while (!this.stopping.signal.aborted) {
      this.checkRequested = false;
      try {
        if (!timersAdded) await this.addTimers();
        timersAdded = true;
        const free = MAX_CONCURRENT - this.running.size;
        const jobs = free > 0 ? await this.queue.claimJobs(this.registry.kinds, free, LOCK_SECONDS) : [];
        // The shutdown may have begun during the claim.
        if (this.stopping.signal.aborted) await Promise.all(jobs.map((job) => this.queue.unclaim(job)));
        else jobs.forEach((job) => this.start(job));
        this.failing = false;
      } catch (error) {
        if (!this.failing) this.log.error(`cannot claim jobs: ${messageOf(error)}`);
        this.failing = true;
      }
      await this.waitForNextPoll();
    }
  }

  private async addTimers(): Promise<void> {
    for (const [kind, { seconds }] of this.registry.timers) await this.queue.addTimer(kind, seconds);
  }

  /** Waits for `checkNow`, or for the poll interval, with jitter so that processes do not poll together. */
  private async waitForNextPoll(): Promise<void> {
    if (this.checkRequested) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS * (0.7 + Math.random() * 0.6));
      this.endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private start(job: ClaimedJob): void {
    const run = this.runJob(job).catch((error: unknown) => {
      // The row stays locked, and is claimed again once the lock expires.
      this.log.error(`cannot record the end of ${job.kind}: ${messageOf(error)}`);
    });
    this.running.add(run);
    void run.finally(() => {
      this.running.delete(run);
      this.checkNow(); // a slot is free, and a next step may be due
    });
  }

  private async runJob(job: ClaimedJob): Promise<void> {
    const extending = setInterval(
      () => {
        this.queue.extendLock(job, LOCK_SECONDS).catch(() => undefined);
      },
      (LOCK_SECONDS * 1000) / 3,
    );
    try {
      const timer = this.registry.timers.get(job.kind);
      await (timer ? this.runTimer(job, timer) : this.runStep(job));
    } finally {
      clearInterval(extending);
    }
  }

  private async runTimer(job: ClaimedJob, { seconds, handler }: Timer): Promise<void> {
    try {
      await handler(this.context(job));
    } catch (error) {
      this.log.error(`${job.kind}: ${stackOf(error)}`);
    }
    await this.queue.scheduleStep(job, {}, seconds);
  }

  private async runStep(job: ClaimedJob): Promise<void> {
    const handler = this.registry.handlers.get(job.kind);
    let outcome;
    try {
      // A job that ends its process never records a failure; only the number of attempts shows it.
      if (job.attempts > MAX_ATTEMPTS) throw new Error('the process ended during every attempt');
      outcome = await handler?.(job.payload, this.context(job));
    } catch (error) {
      const last = job.attempts >= MAX_ATTEMPTS;
      this.log.error(`${job.kind} failed at attempt ${job.attempts}${last ? ', the last' : ''}: ${stackOf(error)}`);
      await this.queue.recordFailure(job, messageOf(error), last ? null : backoffSeconds(job.attempts));
      return;
    }
    await (outcome ? this.queue.scheduleStep(job, outcome.again) : this.queue.complete(job));
  }

  private context({ attempts }: ClaimedJob): { attempt: number; signal: AbortSignal } {
    return { attempt: attempts, signal: this.stopping.signal };
  }
}
