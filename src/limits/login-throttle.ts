import { Injectable } from '@nestjs/common';
import type { RateLimitAction, RateLimitKey } from './limits.types.js';
import { RateLimits } from './rate-limits.js';

type Spend = readonly [RateLimitKey, RateLimitAction];

/** How often a password may be guessed, by account and by address. A name that nobody has counts like any other. */
@Injectable()
export class LoginThrottle {
  constructor(private readonly limits: RateLimits) {}

  /**
   * Runs `attempt`; it counts only when it fails by a `wrong` one. Many at once pass no more than one after the other. @throws RateLimited
   */
  async throttleLogin<T>(account: string, ip: string | null, wrong: abstract new () => Error, attempt: () => Promise<T>): Promise<T> {
    const spends: Spend[] = [[{ account }, 'login']];
    if (ip !== null) spends.push([{ ip }, 'login-address']);
    const spent: Spend[] = [];
    let guessed = false;
    try {
      for (const spend of spends) {
        await this.limits.consumePoints(...spend);
        spent.push(spend);
      }
      return await attempt();
    } catch (error) {
      guessed = error instanceof wrong;
      throw error;
    } finally {
      if (!guessed) spent.forEach((spend) => this.limits.refund(...spend));
    }
  }
}
