import { Injectable } from '@nestjs/common';
import type { JobContext, JobHandler } from './job.types.js';

export type TimerHandler = (context: JobContext) => Promise<void>;

export interface Timer {
  readonly seconds: number;
  readonly handler: TimerHandler;
}

/** What this process can run. */
@Injectable()
export class JobRegistry {
  readonly handlers = new Map<string, JobHandler>();
  /** By kind: `timer:` and the name. */
  readonly timers = new Map<string, Timer>();

  get kinds(): string[] {
    return [...this.handlers.keys(), ...this.timers.keys()];
  }
}
