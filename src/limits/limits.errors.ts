import { DomainError } from '../common/domain-error.js';
import type { BudgetState } from './limits.types.js';

/** 429: the budget is used up; a new window begins after `retryAfter` seconds. */
export class RateLimited extends DomainError {
  constructor(readonly budget: BudgetState) {
    super(429, 'rate_limited', 'Too many requests; wait before the next one.', { retryAfter: Math.max(budget.reset, 1) });
  }
}
