import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Jobs } from '../jobs/jobs.js';
import { RateLimits } from '../limits/rate-limits.js';
import { RedisConnections } from '../redis/redis-connections.js';
import { Metrics } from './metrics.js';

/** Metrics of jobs, Redis and rate limits, collected on request. */
@Injectable()
export class PlatformMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly jobs: Jobs,
    private readonly redis: RedisConnections,
    private readonly limits: RateLimits,
  ) {}

  onModuleInit(): void {
    const registers = [this.metrics.registry];
    const { jobs, redis, limits } = this;
    new Gauge({
      ...{ name: 'jobs', help: 'Durable jobs of all processes, by state.', labelNames: ['state'] as const, registers },
      async collect() {
        // The other metrics must work without the database.
        const counts = await jobs.counts().catch(() => null);
        this.reset();
        if (!counts) return;
        for (const state of ['waiting', 'running', 'failed'] as const) this.set({ state }, counts[state]);
        late.set(counts.lateSeconds);
      },
    });
    const late = new Gauge({ name: 'jobs_late_seconds', help: 'How long the oldest due job has waited.', registers });
    new Gauge({
      ...{ name: 'redis_up', help: '1: connected and subscribed; 0: down; -1: not used.', registers },
      collect() {
        this.set({ up: 1, down: 0, off: -1 }[redis.status]);
      },
    });
    new Gauge({
      ...{ name: 'rate_limit_budgets', help: 'Rate limit windows in memory of this process.', registers },
      collect() {
        this.set(limits.windowCount);
      },
    });
  }
}
