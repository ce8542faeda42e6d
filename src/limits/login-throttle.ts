import { Injectable } from '@nestjs/common';
import type { RateLimitAction, RateLimitKey } from './limits.types.js';
import { RateLimits } from './rate-limits.js';

type Charge = readonly [RateLimitKey, RateLimitAction];

/** Limits failed logins by account and by address. Unknown usernames count, too. */
@Injectable()
export class LoginThrottle {
  constructor(private readonly limits: RateLimits) {}

  /**
   * Runs `attempt`. It counts only if it fails with `wrongPassword`. Concurrent attempts get no more tries than consecutive ones.
   * @throws RateLimited
   */
  async throttleLogin<T>(
    account: string,
    ip: string | null,
    wrongPassword: abstract new () => Error,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const charges: Charge[] = [[{ account }, 'login']];
    if (ip !== null) charges.push([{ ip }, 'login-address']);
    const charged: Charge[] = [];
    let failed = false;
    try {
      for (const charge of charges) {
        await this.limits.consumePoints(...charge);
        charged.push(charge);
      }
      return await attempt();
    } catch (error) {
      failed = error instanceof wrongPassword;
      throw error;
    } finally {
      if (!failed) charged.forEach((charge) => this.limits.refund(...charge));
    }
  }
}
