import { RateLimited } from './limits.errors.js';
import type { Budget, BudgetState } from './limits.types.js';
import type { SharedCount } from './shared-counters.js';

/** Adds points to the shared window of all processes; rejects if Redis is down. */
export type Report = (points: number) => Promise<SharedCount>;

interface Waiter {
  readonly points: number;
  readonly resolve: (value: undefined) => void;
  readonly reject: (error: RateLimited) => void;
}

/** The share of the budget that a process reserves at a time, and the most that it consumes unreported: the maximum overrun. */
const PORTION = 1 / 20;

/**
 * The budget of one key in this process. Without other processes it is a plain window. With them it reserves quota from the shared window in
 * portions and consumes up to one portion unreported, so that most calls are decided at once, without a round trip. A budget too small for
 * portions reports every call first.
 */
export class RateLimitWindow {
  /** Points reported and not yet consumed. */
  private quota = 0;
  /** Points consumed and not yet reported. */
  private unreported = 0;
  /** Points left of the whole budget, as far as this process knows. */
  private left = 0;
  private resetAt = 0;
  private exhausted = false;
  private reporting = false;
  private readonly portion: number;
  private readonly waiting: Waiter[] = [];

  /** @param report null: there are no other processes */
  constructor(
    private readonly budget: Budget,
    private readonly report: Report | null,
  ) {
    this.portion = report ? Math.floor(budget.points * PORTION) : 0;
  }

  /** Consumes at once, or by a promise; promises resolve in call order. @throws RateLimited, or rejects with it */
  consume(points: number): undefined | Promise<undefined> {
    if (this.isExpired(Date.now())) this.startWindow();
    if (this.waiting.length === 0 && this.available >= points) {
      this.deduct(points);
      if (this.available < this.portion / 2) this.refill();
      return undefined;
    }
    if (this.exhausted || !this.report) throw new RateLimited(this.state());
    return new Promise((resolve, reject) => {
      this.waiting.push({ points, resolve, reject });
      this.refill();
    });
  }

  refund(points: number): void {
    const returned = Math.min(points, this.budget.points - this.left);
    this.left += returned;
    this.exhausted = false;
    if (!this.report) this.quota += returned;
  }

  state(): BudgetState {
    const reset = Math.max(Math.ceil((this.resetAt - Date.now()) / 1000), 0);
    return { limit: this.budget.points, remaining: Math.max(this.left, 0), reset };
  }

  /** Whether the window can be removed without losing points. */
  isExpired(now: number): boolean {
    return now >= this.resetAt && !this.reporting;
  }

  private get available(): number {
    return this.quota + (this.exhausted ? 0 : Math.max(this.portion - this.unreported, 0));
  }

  private startWindow(): void {
    const { points, seconds } = this.budget;
    this.resetAt = Date.now() + seconds * 1000;
    this.quota = this.report ? 0 : points;
    this.unreported = 0;
    this.left = points;
    this.exhausted = false;
  }

  private deduct(points: number): void {
    const fromQuota = Math.min(points, this.quota);
    this.quota -= fromQuota;
    this.unreported += points - fromQuota;
    this.left -= points;
  }

  private refill(): void {
    if (this.reporting || this.exhausted || !this.report) return;
    this.reporting = true;
    const wanted = this.waiting.reduce((sum, { points }) => sum + points, 0);
    const unreported = this.unreported;
    const points = unreported + Math.max(wanted - this.quota, this.portion, 1);
    this.report(points)
      .then(
        (count) => this.applyCount(points, unreported, count),
        () => this.useRemaining(),
      )
      .finally(() => {
        this.reporting = false;
        this.serveWaiting();
      });
  }

  private applyCount(points: number, unreported: number, { used, msToReset }: SharedCount): void {
    const granted = Math.min(Math.max(this.budget.points - (used - points), 0), points);
    this.unreported -= unreported;
    this.quota += Math.max(granted - unreported, 0);
    this.left = Math.max(this.budget.points - used, 0) + this.quota - this.unreported;
    this.exhausted = granted < points;
    this.resetAt = Date.now() + msToReset;
  }

  /** Without Redis this process may use all that is left of the budget. */
  private useRemaining(): void {
    this.unreported = 0;
    this.quota = Math.max(this.left, 0);
    this.exhausted = this.quota === 0;
  }

  private serveWaiting(): void {
    for (let first = this.waiting[0]; first && this.available >= first.points; first = this.waiting[0]) {
      this.waiting.shift();
      this.deduct(first.points);
      first.resolve(undefined);
    }
    if (this.waiting.length === 0) return;
    if (this.exhausted) this.waiting.splice(0).forEach(({ reject }) => reject(new RateLimited(this.state())));
    else this.refill();
  }
}
