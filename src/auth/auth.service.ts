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
import type { LoginDto, RegisterDto } from './dto/auth.dto.js';
import { isCommonPassword } from './passwords/common-passwords.js';
import { Passwords } from './passwords/passwords.service.js';
import { RefreshTokens } from './refresh-tokens.service.js';
import type { Device } from './session.types.js';

/** Registration and login by username and password. */
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
      return { user: userViewOf(user), ...(await this.createTokens(user.id, device, passwordHash)) };
    });
  }

  /**
   * Gives the same answer, after the same work, for an unknown user, a deactivated one, one without a password, and a wrong password.
   * @throws CredentialsInvalid, RateLimited
   */
  login({ username, password }: LoginDto, device: Device): Promise<LoggedInView> {
    return this.throttle.throttleLogin(username, device.ip, CredentialsInvalid, async () => {
      const credential = await this.credentials.findByUsername(username);
      const right = await this.passwords.matches(password, credential?.passwordHash ?? null);
      if (!credential?.passwordHash || !right) throw new CredentialsInvalid();
      const tokens = await this.createTokens(credential.userId, device, credential.passwordHash);
      const [user] = await this.users.findActiveUsers([credential.userId]);
      if (!user) throw new CredentialsInvalid(); // deleted meanwhile
      return { user: userViewOf(user), ...tokens };
    });
  }

  private async createTokens(userId: string, device: Device, passwordHash: string): Promise<TokenPairView> {
    const tokens = await this.refreshTokens.createTokenSession(userId, device, passwordHash);
    if (!tokens) throw new CredentialsInvalid();
    return tokens;
  }
}
