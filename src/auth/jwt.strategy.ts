import { createSecretKey } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import type { VerifiedActor } from './session.types.js';
import { TOKEN_ALGORITHM, TokenService } from './token.service.js';

/** Verifies access tokens of this server in `Authorization: Bearer`; algorithm, issuer and audience are fixed. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) implements OnApplicationShutdown {
  /**
   * Passport has one registry per process, but tests run two applications in one. An unregistered strategy is no way out: Passport copies
   * only a registered one for each request, and two concurrent requests would receive each other's user.
   */
  readonly registeredAs = `parley-${newId()}`;

  constructor(
    { auth }: Settings,
    private readonly tokens: TokenService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // A key object: jsonwebtoken tries to parse a string as a public key at every token. The types lack it.
      secretOrKey: createSecretKey(Buffer.from(auth.jwtSecret)) as unknown as Buffer,
      algorithms: [TOKEN_ALGORITHM],
      issuer: auth.issuer,
      audience: auth.audience,
    });
    passport.use(this.registeredAs, this);
  }

  validate(payload: unknown): Promise<VerifiedActor> {
    return this.tokens.verifyClaims(payload);
  }

  onApplicationShutdown(): void {
    passport.unuse(this.registeredAs);
  }
}
