import { DomainError } from '../common/domain-error.js';

/** 429: the budget is spent; `retryAfter` seconds until there is a new one. */
export class RateLimited extends DomainError {
  constructor(
    retryAfter: number,
    readonly limit: number,
  ) {
    super(429, 'rate_limited', 'Too many requests; wait before the next.', { retryAfter });
  }
}
