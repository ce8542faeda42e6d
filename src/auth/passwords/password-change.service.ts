import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { Transactions } from '../../database/transactions.js';
import { LoginThrottle } from '../../limits/login-throttle.js';
import { Credentials } from '../../users/credentials.service.js';
import { PasswordCommon, PasswordWrong } from '../auth.errors.js';
import { isCommonPassword } from './common-passwords.js';
import type { ChangePasswordDto } from '../dto/auth.dto.js';
import { Passwords } from './passwords.service.js';
import { Sessions } from '../sessions.service.js';

@Injectable()
export class PasswordChange {
  constructor(
    private readonly transactions: Transactions,
    private readonly credentials: Credentials,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly throttle: LoginThrottle,
  ) {}

  /** Ends every other session of the person. @throws PasswordWrong also for who has none here; PasswordCommon, RateLimited */
  changePassword(actor: Actor, dto: ChangePasswordDto): Promise<void> {
    return this.throttle.throttleLogin(actor.userId, null, PasswordWrong, () => this.prove(actor, dto));
  }

  private async prove({ userId, sessionId }: Actor, { currentPassword, newPassword }: ChangePasswordDto): Promise<void> {
    const current = (await this.credentials.findByUserId(userId))?.passwordHash ?? null;
    if (!(await this.passwords.matches(currentPassword, current)) || current === null) throw new PasswordWrong();
    if (isCommonPassword(newPassword)) throw new PasswordCommon('newPassword');
    const next = await this.passwords.hash(newPassword);
    await this.transactions.run(async () => {
      // Of two changes at once the second finds another password than the one it proved.
      if (!(await this.credentials.setPassword(userId, next, current))) throw new PasswordWrong();
      await this.sessions.endAll(userId, 'password', sessionId);
    });
  }
}
