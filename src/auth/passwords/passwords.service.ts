import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import type { Actor } from '../../common/actor.js';
import { Semaphore } from '../../common/semaphore.js';
import { Settings } from '../../config/settings.js';
import { Transactions } from '../../database/transactions.js';
import { LoginThrottle } from '../../limits/login-throttle.js';
import { Credentials } from '../../users/credentials.service.js';
import { PasswordCommon, PasswordWrong, TooManyLogins } from '../auth.errors.js';
import type { ChangePasswordDto } from '../dto/auth.dto.js';
import { Sessions } from '../sessions.service.js';
import { isCommonPassword } from './common-passwords.js';

/** Hashes at a time: each takes one of the four threads of Node's pool, which file access and name resolution use too. */
const MAX_RUNNING = 2;
/** Hashes that may wait: about ten seconds of work. */
const MAX_WAITING = 500;

/** Hashes passwords by Argon2id, a few at a time, and changes them. */
@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly semaphore = new Semaphore(MAX_RUNNING);
  /** Compared with the password of an unknown user. */
  private decoyHash: string;

  constructor(
    { auth }: Settings,
    private readonly transactions: Transactions,
    private readonly credentials: Credentials,
    private readonly sessions: Sessions,
    private readonly throttle: LoginThrottle,
  ) {
    const { memoryKib, iterations, parallelism } = auth.argon2;
    // The library's default algorithm is Argon2id.
    this.options = { memoryCost: memoryKib, timeCost: iterations, parallelism };
  }

  async onModuleInit(): Promise<void> {
    this.decoyHash = await this.hash('the password of no user');
  }

  /** @throws TooManyLogins */
  hash(password: string): Promise<string> {
    return this.whenFree(() => hash(normalize(password), this.options));
  }

  /** Returns false for a null hash, after the same time as for a wrong password. @throws TooManyLogins */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const right = await this.whenFree(() => verify(passwordHash ?? this.decoyHash, normalize(password)));
    return right && passwordHash !== null;
  }

  private async whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (this.semaphore.size >= MAX_RUNNING + MAX_WAITING) throw new TooManyLogins();
    return this.semaphore.run(work);
  }

  /**
   * Changes the password and ends the user's other sessions. @throws PasswordWrong, also for a user without a password; PasswordCommon,
   * RateLimited, TooManyLogins
   */
  changePassword({ userId, sessionId }: Actor, { currentPassword, newPassword }: ChangePasswordDto): Promise<void> {
    return this.throttle.throttleLogin(userId, null, PasswordWrong, async () => {
      const current = (await this.credentials.findByUserId(userId))?.passwordHash ?? null;
      if (!(await this.matches(currentPassword, current)) || current === null) throw new PasswordWrong();
      if (isCommonPassword(newPassword)) throw new PasswordCommon('newPassword');
      const next = await this.hash(newPassword);
      await this.transactions.run(async () => {
        // Of two concurrent changes the second finds another password than the one that it has verified.
        if (!(await this.credentials.setPassword(userId, next, current))) throw new PasswordWrong();
        await this.sessions.endAll(userId, 'password', sessionId);
      });
    });
  }
}

/** Unicode has several forms of a character, and keyboards differ in which they send. */
const normalize = (password: string): string => password.normalize('NFKC');
