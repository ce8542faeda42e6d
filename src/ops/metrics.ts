import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** One registry an application, so that several may live in one process. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  private watching = false;

  async read(): Promise<{ contentType: string; text: string }> {
    this.watchProcess();
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Express middleware. */
  readonly measure = (request: Request, response: Response, next: NextFunction): void => {
    const stop = this.durations.startTimer();
    response.once('finish', () => stop({ method: request.method, route: routeOf(request), status: String(response.statusCode) }));
    next();
  };

  /** Watching the event loop and the garbage collector has a price: nobody pays it who is never asked. */
  private watchProcess(): void {
    if (this.watching) return;
    this.watching = true;
    collectDefaultMetrics({ register: this.registry });
  }
}

/** The pattern, never the path: ids would make a series each. */
function routeOf({ route }: Request): string {
  const { path } = (route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : 'unknown';
}
