import { Injectable } from '@nestjs/common';
import type { JobContext, JobHandler } from './job.types.js';

export type TimerHandler = (context: JobContext) => Promise<void>;

export interface Timer {
  readonly seconds: number;
  readonly handler: TimerHandler;
}

/** The job and timer handlers of this process. */
@Injectable()
export class JobRegistry {
  readonly handlers = new Map<string, JobHandler>();
  /** By kind: `timer:` followed by the name. */
  readonly timers = new Map<string, Timer>();

  get kinds(): string[] {
    return [...this.handlers.keys(), ...this.timers.keys()];
  }
}
