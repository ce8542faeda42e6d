/** Whom a budget belongs to. `account`: a login name that somebody tries, whether it exists or not. */
export type RateLimitKey = { readonly userId: string } | { readonly ip: string } | { readonly account: string };

/**
 * What a budget is for. A person: `request` (every REST request and socket event that is nothing below), `send` (messages, by any way),
 * `typing`, `upload`. An address: `request`, `auth` (register, login, refresh), `login-address` (logins that failed). A login name:
 * `login` (logins that failed).
 */
export type RateLimitAction = 'request' | 'send' | 'typing' | 'upload' | 'auth' | 'login' | 'login-address';

export interface Budget {
  readonly points: number;
  readonly seconds: number;
}

export type Budgets = Readonly<Record<RateLimitAction, Budget>>;

/** What stands in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds). */
export interface BudgetState {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
}
