import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnections } from '../redis/redis-connections.js';
import type { Budgets, RateLimitAction } from './limits.types.js';

export interface SharedCount {
  /** Points of all processes, including this call. */
  readonly used: number;
  readonly msToReset: number;
}

/** The windows in Redis that all processes share. */
export class SharedCounters {
  private readonly limiters: ReadonlyMap<string, RateLimiterRedis>;

  constructor(
    private readonly redis: RedisConnections,
    budgets: Budgets,
  ) {
    const storeClient = {
      eval: (script: string, { keys, arguments: args }: { keys: string[]; arguments: string[] }) =>
        redis.command('EVAL', script, String(keys.length), ...keys, ...args),
    };
    const limiterOf = ([action, { points, seconds }]: [string, Budgets[RateLimitAction]]) =>
      [
        action,
        new RateLimiterRedis({ storeClient, useRedisPackage: true, keyPrefix: `parley:limit:${action}`, points, duration: seconds }),
      ] as const;
    this.limiters = new Map(Object.entries(budgets).map(limiterOf));
  }

  /** Adds the points, even above the budget. Rejects if Redis is down. */
  async consumePoints(action: RateLimitAction, owner: string, points: number): Promise<SharedCount> {
    const count = await this.limiters.get(action)?.consume(owner, points).catch(rejectionAsCount);
    return { used: count?.consumedPoints ?? points, msToReset: Math.max(count?.msBeforeNext ?? 0, 0) };
  }

  refundPoints(action: RateLimitAction, owner: string, points: number): void {
    this.limiters
      .get(action)
      ?.reward(owner, points)
      .catch(() => undefined); // Redis is down: the window expires soon
  }
}

/** The library rejects with the count when the budget is used up. */
function rejectionAsCount(error: unknown): RateLimiterRes {
  if (error instanceof RateLimiterRes) return error;
  throw error;
}
