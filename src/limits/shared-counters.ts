import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnections } from '../redis/redis-connections.js';
import type { Budgets, RateLimitAction } from './limits.types.js';

export interface SharedCount {
  /** By all processes, this time included. */
  readonly spent: number;
  readonly msToReset: number;
}

/** The windows that all processes share, in Redis. */
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

  /** Counts the points even where they are too many. Rejects when Redis is away. */
  async spend(action: RateLimitAction, name: string, points: number): Promise<SharedCount> {
    const count = await this.limiters.get(action)?.consume(name, points).catch(refusalAsCount);
    return { spent: count?.consumedPoints ?? points, msToReset: Math.max(count?.msBeforeNext ?? 0, 0) };
  }

  giveBack(action: RateLimitAction, name: string, points: number): void {
    this.limiters
      .get(action)
      ?.reward(name, points)
      .catch(() => undefined); // Redis is away: the window ends soon
  }
}

function refusalAsCount(error: unknown): RateLimiterRes {
  if (error instanceof RateLimiterRes) return error;
  throw error;
}
