import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** One registry per application, since tests run several applications in one process. */
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
  private collecting = false;

  async renderMetrics(): Promise<{ contentType: string; text: string }> {
    this.collectProcessMetrics();
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Express middleware. */
  readonly measure = (request: Request, response: Response, next: NextFunction): void => {
    const stop = this.durations.startTimer();
    response.once('finish', () => stop({ method: request.method, route: routeOf(request), status: String(response.statusCode) }));
    next();
  };

  /** Starts at the first request: observing the event loop and the garbage collector costs time. */
  private collectProcessMetrics(): void {
    if (this.collecting) return;
    this.collecting = true;
    collectDefaultMetrics({ register: this.registry });
  }
}

/** Returns the route pattern: a path with ids would create one series for each. */
function routeOf({ route }: Request): string {
  const { path } = (route ?? {}) as { path?: unknown };
  return typeof path === 'string' ? path : 'unknown';
}
