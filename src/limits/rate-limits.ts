import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RedisConnections } from '../redis/redis-connections.js';
import { addressKey } from './address-key.js';
import type { Budgets, BudgetState, LimitedAction, Spender } from './limits.types.js';
import { Purse } from './purse.js';
import { SharedCounters } from './shared-counters.js';

/** Spenders that a process remembers; beyond it those whose window is over go, and then the oldest. */
const MOST_PURSES = 50_000;

/**
 * One budget a spender and action, over REST, all sockets and all processes. `RATE_LIMIT=off`: everything passes. Redis away: each process
 * counts for itself.
 */
@Injectable()
export class RateLimits {
  private readonly purses = new Map<string, Purse>();
  private readonly budgets: Budgets | null;
  private readonly shared: SharedCounters | null;

  constructor({ limits }: Settings, redis: RedisConnections) {
    const { enabled, ...budgets } = limits;
    this.budgets = enabled ? budgets : null;
    this.shared = enabled && redis.status !== 'off' ? new SharedCounters(redis, budgets) : null;
  }

  /**
   * For paths where order matters: undefined at once in nearly every case, a promise only where the other processes must be told first;
   * those of one budget are answered in the order of the calls. @throws RateLimited, now or by the promise
   */
  take(who: Spender, action: LimitedAction, points = 1): undefined | Promise<undefined> {
    return this.purse(who, action)?.take(points);
  }

  /** Spends points and tells what is left; null when limits are off. @throws RateLimited */
  async consume(who: Spender, action: LimitedAction, points = 1): Promise<BudgetState | null> {
    const purse = this.purse(who, action);
    await purse?.take(points);
    return purse?.state() ?? null;
  }

  /** Gives points back: a login that was right does not count as one that failed. */
  refund(who: Spender, action: LimitedAction, points = 1): void {
    this.purse(who, action)?.refund(points);
    if (this.budgets) this.shared?.giveBack(action, nameOf(who), points);
  }

  /** Budgets in memory. */
  get remembered(): number {
    return this.purses.size;
  }

  private purse(who: Spender, action: LimitedAction): Purse | null {
    if (!this.budgets) return null;
    const name = nameOf(who);
    const key = `${action} ${name}`;
    const known = this.purses.get(key);
    if (known) return known;
    if (this.purses.size >= MOST_PURSES) this.forget();
    const { shared } = this;
    const purse = new Purse(this.budgets[action], shared && ((points) => shared.spend(action, name, points)));
    this.purses.set(key, purse);
    return purse;
  }

  private forget(): void {
    const now = Date.now();
    for (const [key, purse] of this.purses) if (purse.isOver(now)) this.purses.delete(key);
    const surplus = this.purses.size - MOST_PURSES * 0.9;
    for (const key of [...this.purses.keys()].slice(0, Math.max(surplus, 0))) this.purses.delete(key);
  }
}

function nameOf(who: Spender): string {
  if ('userId' in who) return `u:${who.userId}`;
  if ('ip' in who) return `i:${addressKey(who.ip)}`;
  // A name that was typed may be of any length, or a password typed in the wrong field.
  return `a:${createHash('sha256').update(who.account.toLowerCase()).digest('base64url')}`;
}
