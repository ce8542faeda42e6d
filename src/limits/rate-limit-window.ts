import { RateLimited } from './limits.errors.js';
import type { Budget, BudgetState } from './limits.types.js';
import type { SharedCount } from './shared-counters.js';

/** Tells all processes of points that are spent; rejects when they cannot be told. */
export type Tell = (points: number) => Promise<SharedCount>;

interface Waiting {
  readonly points: number;
  readonly resolve: (value: undefined) => void;
  readonly reject: (refusal: RateLimited) => void;
}

/** The share of a budget that a process takes at a time, and the most that it spends before telling: so much too much, at most. */
const PORTION = 1 / 20;

/**
 * One budget of one spender in this process. Without other processes it is a plain window. With them it takes points from the shared window
 * in portions and spends one portion on credit, so that most spends are decided at once and cost no round trip. Where a budget is too small
 * for portions every spend is told first.
 */
export class RateLimitWindow {
  /** Told and not yet spent. */
  private quota = 0;
  /** Spent and not yet told. */
  private unreported = 0;
  /** Of the whole budget, as far as this process knows. */
  private left = 0;
  private resetAt = 0;
  private empty = false;
  private telling = false;
  private readonly portion: number;
  private readonly waiting: Waiting[] = [];

  constructor(
    private readonly budget: Budget,
    private readonly tell: Tell | null,
  ) {
    this.portion = tell ? Math.floor(budget.points * PORTION) : 0;
  }

  /** At once, or by a promise, in the order of the calls. @throws RateLimited */
  consume(points: number): undefined | Promise<undefined> {
    if (this.isExpired(Date.now())) this.renew();
    if (this.waiting.length === 0 && this.available >= points) {
      this.spend(points);
      if (this.available < this.portion / 2) this.refill();
      return undefined;
    }
    if (this.empty || !this.tell) throw this.refusal();
    return new Promise((resolve, reject) => {
      this.waiting.push({ points, resolve, reject });
      this.refill();
    });
  }

  refund(points: number): void {
    const back = Math.min(points, this.budget.points - this.left);
    this.left += back;
    this.empty = false;
    if (!this.tell) this.quota += back;
  }

  state(): BudgetState {
    const reset = Math.max(Math.ceil((this.resetAt - Date.now()) / 1000), 0);
    return { limit: this.budget.points, remaining: Math.max(this.left, 0), reset };
  }

  /** Then nothing is lost when it is forgotten. */
  isExpired(now: number): boolean {
    return now >= this.resetAt && !this.telling;
  }

  private get available(): number {
    return this.quota + (this.empty ? 0 : Math.max(this.portion - this.unreported, 0));
  }

  private renew(): void {
    const { points, seconds } = this.budget;
    this.resetAt = Date.now() + seconds * 1000;
    this.quota = this.tell ? 0 : points;
    this.unreported = 0;
    this.left = points;
    this.empty = false;
  }

  private spend(points: number): void {
    const paid = Math.min(points, this.quota);
    this.quota -= paid;
    this.unreported += points - paid;
    this.left -= points;
  }

  private refill(): void {
    if (this.telling || this.empty || !this.tell) return;
    this.telling = true;
    const wanted = this.waiting.reduce((sum, { points }) => sum + points, 0);
    const owed = this.unreported;
    const told = owed + Math.max(wanted - this.quota, this.portion, 1);
    this.tell(told)
      .then(
        (count) => this.told(told, owed, count),
        () => this.alone(),
      )
      .finally(() => {
        this.telling = false;
        this.serve();
      });
  }

  private told(points: number, owed: number, { spent, msToReset }: SharedCount): void {
    const granted = Math.min(Math.max(this.budget.points - (spent - points), 0), points);
    this.unreported -= owed;
    this.quota += Math.max(granted - owed, 0);
    this.left = Math.max(this.budget.points - spent, 0) + this.quota - this.unreported;
    this.empty = granted < points;
    this.resetAt = Date.now() + msToReset;
  }

  /** The others cannot be told: what is left of the budget is left to this process. */
  private alone(): void {
    this.unreported = 0;
    this.quota = Math.max(this.left, 0);
    this.empty = this.quota === 0;
  }

  private serve(): void {
    for (let first = this.waiting[0]; first && this.available >= first.points; first = this.waiting[0]) {
      this.waiting.shift();
      this.spend(first.points);
      first.resolve(undefined);
    }
    if (this.waiting.length === 0) return;
    if (this.empty) this.waiting.splice(0).forEach(({ reject }) => reject(this.refusal()));
    else this.refill();
  }

  private refusal(): RateLimited {
    return new RateLimited(this.state());
  }
}
