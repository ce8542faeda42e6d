import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RedisConnections } from '../redis/redis-connections.js';
import type { Budgets, BudgetState, RateLimitAction, RateLimitKey } from './limits.types.js';
import { RateLimitWindow } from './rate-limit-window.js';
import { SharedCounters } from './shared-counters.js';

/** Windows kept in memory; beyond it expired windows are removed, then the oldest. */
const MAX_WINDOWS = 50_000;

/**
 * One budget for each key and action, over REST, all sockets and all processes. While Redis is down each process counts alone. With
 * `RATE_LIMIT=off` everything passes.
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
   * Consumes points where order matters. Returns undefined at once in nearly every case, and a promise only if Redis must be asked first;
   * the promises of one budget resolve in call order. @throws RateLimited, or rejects with it
   */
  consumePoints(who: RateLimitKey, action: RateLimitAction, points = 1): undefined | Promise<undefined> {
    return this.windowFor(who, action)?.consume(points);
  }

  /** Consumes points and returns the state of the budget; null if limits are off. @throws RateLimited */
  async consumeForResponse(who: RateLimitKey, action: RateLimitAction, points = 1): Promise<BudgetState | null> {
    const window = this.windowFor(who, action);
    await window?.consume(points);
    return window?.state() ?? null;
  }

  /** Returns points: a successful login does not count as a failed one. */
  refund(who: RateLimitKey, action: RateLimitAction, points = 1): void {
    this.windowFor(who, action)?.refund(points);
    if (this.budgets) this.shared?.refundPoints(action, keyText(who), points);
  }

  /** The number of windows in memory. */
  get windowCount(): number {
    return this.windows.size;
  }

  private windowFor(who: RateLimitKey, action: RateLimitAction): RateLimitWindow | null {
    if (!this.budgets) return null;
    const owner = keyText(who);
    const key = `${action} ${owner}`;
    const known = this.windows.get(key);
    if (known) return known;
    if (this.windows.size >= MAX_WINDOWS) this.removeWindows();
    const { shared } = this;
    const window = new RateLimitWindow(this.budgets[action], shared && ((points) => shared.consumePoints(action, owner, points)));
    this.windows.set(key, window);
    return window;
  }

  private removeWindows(): void {
    const now = Date.now();
    for (const [key, window] of this.windows) if (window.isExpired(now)) this.windows.delete(key);
    const surplus = this.windows.size - MAX_WINDOWS * 0.9;
    for (const key of [...this.windows.keys()].slice(0, Math.max(surplus, 0))) this.windows.delete(key);
  }
}

function keyText(who: RateLimitKey): string {
  if ('userId' in who) return `u:${who.userId}`;
  if ('ip' in who) return `i:${addressKey(who.ip)}`;
  // Hashed: the username may be of any length, or a password typed into the wrong field.
  return `a:${createHash('sha256').update(who.account.toLowerCase()).digest('base64url')}`;
}

/**
 * Returns the part of an address that its user cannot change at will: all of an IPv4 address, the first 64 bits of an IPv6 address.
 */
export function addressKey(ip: string): string {
  const address = ip
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
    .replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = (part = ''): string[] => part.split(':').filter(Boolean);
  const first = groups(head);
  const gap = tail === undefined ? 0 : 8 - first.length - groups(tail).length;
  const all = [...first, ...Array<string>(gap).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
