/** What a budget is counted for. */
export type Spender = { readonly userId: string } | { readonly ip: string } | { readonly account: string };

export type LimitedAction = 'request' | 'send' | 'event' | 'typing' | 'upload' | 'auth' | 'login' | 'login-address';

/** What stands in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds). */
export interface BudgetState {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
}

/**
 * One budget a spender and action, over REST, all sockets and all processes. `RATE_LIMIT=off`: everything passes.
 * A point is spent when it is asked for; what is refused costs nothing.
 */
export abstract class RateLimits {
  /**
   * For paths where order matters: undefined at once in nearly every case. A promise only where the other processes must be asked; those of
   * one budget are answered in the order asked. @throws RateLimited, now or by the promise
   */
  abstract take(who: Spender, action: LimitedAction, points?: number): undefined | Promise<undefined>;

  /** Spends points and tells what is left; null when limits are off. @throws RateLimited */
  abstract consume(who: Spender, action: LimitedAction, points?: number): Promise<BudgetState | null>;

  /** Gives points back: a login that was right does not count as a bad try. */
  abstract refund(who: Spender, action: LimitedAction, points?: number): void;
}
