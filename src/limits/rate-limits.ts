import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RedisConnections } from '../redis/redis-connections.js';
import type { Budgets, BudgetState, RateLimitAction, RateLimitKey } from './limits.types.js';
import { RateLimitWindow } from './rate-limit-window.js';
import { SharedCounters } from './shared-counters.js';
import { isIPv6 } from 'node:net';

/** Spenders that a process remembers; beyond it those whose window is over go, and then the oldest. */
const MAX_WINDOWS = 50_000;

/**
 * One budget a spender and action, over REST, all sockets and all processes. `RATE_LIMIT=off`: everything passes. Redis away: each process
 * counts for itself.
 */
@Injectable()
export class RateLimits {
  private readonly windows = new Map<string, RateLimitWindow>();
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
  consumePoints(who: RateLimitKey, action: RateLimitAction, points = 1): undefined | Promise<undefined> {
    return this.windowFor(who, action)?.consume(points);
  }

  /** Spends points and tells what is left; null when limits are off. @throws RateLimited */
  async consumeForResponse(who: RateLimitKey, action: RateLimitAction, points = 1): Promise<BudgetState | null> {
    const purse = this.windowFor(who, action);
    await purse?.consume(points);
    return purse?.state() ?? null;
  }

  /** Gives points back: a login that was right does not count as one that failed. */
  refund(who: RateLimitKey, action: RateLimitAction, points = 1): void {
    this.windowFor(who, action)?.refund(points);
    if (this.budgets) this.shared?.giveBack(action, nameOf(who), points);
  }

  /** Budgets in memory. */
  get windowCount(): number {
    return this.windows.size;
  }

  private windowFor(who: RateLimitKey, action: RateLimitAction): RateLimitWindow | null {
    if (!this.budgets) return null;
    const name = nameOf(who);
    const key = `${action} ${name}`;
    const known = this.windows.get(key);
    if (known) return known;
    if (this.windows.size >= MAX_WINDOWS) this.forget();
    const { shared } = this;
    const window = new RateLimitWindow(this.budgets[action], shared && ((points) => shared.spend(action, name, points)));
    this.windows.set(key, window);
    return window;
  }

  private forget(): void {
    const now = Date.now();
    for (const [key, window] of this.windows) if (window.isExpired(now)) this.windows.delete(key);
    const surplus = this.windows.size - MAX_WINDOWS * 0.9;
    for (const key of [...this.windows.keys()].slice(0, Math.max(surplus, 0))) this.windows.delete(key);
  }
}

function nameOf(who: RateLimitKey): string {
  if ('userId' in who) return `u:${who.userId}`;
  if ('ip' in who) return `i:${addressKey(who.ip)}`;
  // A name that was typed may be of any length, or a password typed in the wrong field.
  return `a:${createHash('sha256').update(who.account.toLowerCase()).digest('base64url')}`;
}

/**
 * The part of an address that one household or server cannot change at will: the whole of an IPv4 address, the first 64 bits of an IPv6 one.
 */
export function addressKey(ip: string): string {
  const address = ip
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
    .replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = (part = ''): string[] => part.split(':').filter(Boolean);
  const known = groups(head);
  const gap = tail === undefined ? 0 : 8 - known.length - groups(tail).length;
  const all = [...known, ...Array<string>(gap).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
