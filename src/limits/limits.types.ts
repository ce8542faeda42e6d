/** The owner of a budget. `account`: the username of a login, whether it exists or not. */
export type RateLimitKey = { readonly userId: string } | { readonly ip: string } | { readonly account: string };

/**
 * What a budget limits. For a user: `request` (every REST request and socket event without a budget of its own), `send` (messages, over REST
 * and sockets), `typing`, `upload`. For an address: `request`, `auth` (register, login, refresh), `login-address` (failed logins). For an
 * account: `login` (failed logins).
 */
export type RateLimitAction = 'request' | 'send' | 'typing' | 'upload' | 'auth' | 'login' | 'login-address';

export interface Budget {
  readonly points: number;
  readonly seconds: number;
}

export type Budgets = Readonly<Record<RateLimitAction, Budget>>;

/** The values of `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds). */
export interface BudgetState {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
}
