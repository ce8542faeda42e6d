import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { LoginThrottle } from '../limits/login-throttle.js';
import { Credentials } from '../users/credentials.service.js';
import { isReservedUsername } from '../users/user.policy.js';
import { userViewOf } from '../users/user.view.js';
import { UsernameTaken } from '../users/users.errors.js';
import { UsersService } from '../users/users.service.js';
import { CredentialsInvalid, PasswordCommon, UsernameReserved } from './auth.errors.js';
import type { LoggedInView, TokenPairView } from './auth.view.js';
import { isCommonPassword } from './passwords/common-passwords.js';
import type { Device } from './device.types.js';
import type { LoginDto, RegisterDto } from './dto/auth.dto.js';
import { Passwords } from './passwords/passwords.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';

/** Coming in with a name and a password that are kept here. */
@Injectable()
export class AuthService {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersService,
    private readonly credentials: Credentials,
    private readonly passwords: Passwords,
    private readonly refreshTokens: RefreshTokens,
    private readonly throttle: LoginThrottle,
  ) {}

  /** @throws UsernameReserved, PasswordCommon, UsernameTaken */
  async register({ username, password, displayName = null }: RegisterDto, device: Device): Promise<LoggedInView> {
    if (isReservedUsername(username)) throw new UsernameReserved();
    if (isCommonPassword(password)) throw new PasswordCommon('password');
    const passwordHash = await this.passwords.hash(password);
    return this.transactions.run(async () => {
      const user = await this.users.createUser({ username, displayName, passwordHash });
      if (!user) throw new UsernameTaken();
      return { user: userViewOf(user), ...(await this.enter(user.id, device, passwordHash)) };
    });
  }

  /** Unknown, deactivated, without a password, wrong password: one answer, after the same work. @throws CredentialsInvalid, RateLimited */
  login(dto: LoginDto, device: Device): Promise<LoggedInView> {
    return this.throttle.throttleLogin(dto.username, device.ip, CredentialsInvalid, () => this.prove(dto, device));
  }

  private async prove({ username, password }: LoginDto, device: Device): Promise<LoggedInView> {
    const credential = await this.credentials.findByUsername(username);
    const right = await this.passwords.matches(password, credential?.passwordHash ?? null);
    if (!credential?.passwordHash || !right) throw new CredentialsInvalid();
    const pair = await this.enter(credential.userId, device, credential.passwordHash);
    const [user] = await this.users.findActiveUsers([credential.userId]);
    if (!user) throw new CredentialsInvalid(); // removed since
    return { user: userViewOf(user), ...pair };
  }

  private async enter(userId: string, device: Device, passwordHash: string): Promise<TokenPairView> {
    const pair = await this.refreshTokens.createTokenSession(userId, device, passwordHash);
    if (!pair) throw new CredentialsInvalid();
    return pair;
  }
}
