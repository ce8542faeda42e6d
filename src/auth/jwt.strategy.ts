import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Settings } from '../config/settings.js';
import { ACCESS_ALGORITHM, TokenService, type VerifiedActor } from './token.service.js';

/** Our own access tokens in `Authorization: Bearer`, with everything pinned. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    { auth }: Settings,
    private readonly tokens: TokenService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: auth.jwtSecret,
      algorithms: [ACCESS_ALGORITHM],
      issuer: auth.issuer,
      audience: auth.audience,
    });
  }

  validate(payload: unknown): Promise<VerifiedActor> {
    return this.tokens.admit(payload);
  }
}
