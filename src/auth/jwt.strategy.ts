import { createSecretKey } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { ACCESS_ALGORITHM, TokenService, type VerifiedActor } from './token.service.js';

/** Our own access tokens in `Authorization: Bearer`, with everything pinned. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) implements OnApplicationShutdown {
  /**
   * Passport keeps one register a process, in which two applications may live. To hand it the strategy itself would be no way out: it
   * makes a copy for each request of a named one alone, and two requests at once would get each other's person.
   */
  readonly registeredAs = `parley-${newId()}`;

  constructor(
    { auth }: Settings,
    private readonly tokens: TokenService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // A key, not a text: jsonwebtoken tries at every token to read a text as a public key first. The types here do not know it.
      secretOrKey: createSecretKey(Buffer.from(auth.jwtSecret)) as unknown as Buffer,
      algorithms: [ACCESS_ALGORITHM],
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
