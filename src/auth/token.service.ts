import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import type { Actor } from '../common/actor.js';
import { isId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { TokenExpired, TokenInvalid } from './auth.errors.js';
import type { TokenPairView } from './auth.view.js';
import { type Device, UNKNOWN_DEVICE } from './device.types.js';
import { ExternalIdentity } from './external/external-identity.service.js';
import { Sessions } from './sessions.service.js';

/** The one algorithm of our own access tokens. */
export const ACCESS_ALGORITHM = 'HS256';

export interface IssuedRefresh {
  readonly userId: string;
  readonly sessionId: string;
  readonly refreshToken: string;
  /** The same token issued again bears the time of the first. */
  readonly issuedAt: Date;
}

export type VerifiedActor = Actor & {
  readonly sessionId: string;
  readonly expiresAt: Date;
};

const claims = z.object({ typ: z.literal('access'), sub: z.string().refine(isId), sid: z.string().refine(isId), exp: z.number() });

/** Makes and judges access tokens, for REST and sockets alike. */
@Injectable()
export class TokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly sessions: Sessions,
    private readonly external: ExternalIdentity,
    private readonly settings: Settings,
  ) {}

  /** The pair that belongs to a refresh token; byte for byte the same whenever it is asked for. */
  issueTokenPair({ userId, sessionId, refreshToken, issuedAt }: IssuedRefresh): TokenPairView {
    const { accessTokenSeconds, issuer, audience } = this.settings.auth;
    const iat = Math.floor(issuedAt.getTime() / 1000);
    const jti = createHash('sha256').update(`access:${refreshToken}`).digest('base64url').slice(0, 22);
    const accessToken = this.jwt.sign(
      { typ: 'access', sub: userId, sid: sessionId, jti, iat },
      { algorithm: ACCESS_ALGORITHM, issuer, audience, expiresIn: accessTokenSeconds },
    );
    const elapsed = Math.floor((Date.now() - iat * 1000) / 1000);
    return { accessToken, refreshToken, expiresIn: Math.max(0, accessTokenSeconds - elapsed) };
  }

  /** Who the token is good for, now. @throws TokenInvalid, TokenExpired, SessionInvalid, IdentityUnavailable */
  async verify(token: string, device: Device = UNKNOWN_DEVICE): Promise<VerifiedActor> {
    if (this.isForeign(token)) return this.external.verify(token, device);
    const { issuer, audience } = this.settings.auth;
    let payload: object;
    try {
      payload = await this.jwt.verifyAsync<object>(token, { algorithms: [ACCESS_ALGORITHM], issuer, audience });
    } catch (error) {
      throw tokenErrorOf(error);
    }
    return this.verifyClaims(payload);
  }

  /** A token that another service must have made, if anybody: ours are told by their algorithm. */
  isForeign(token: string): boolean {
    if (!this.external.enabled) return false;
    try {
      return decodeProtectedHeader(token).alg !== ACCESS_ALGORITHM;
    } catch {
      return false;
    }
  }

  /** Judges the claims of a token whose signature, times, issuer and audience are right, and looks at its session. */
  async verifyClaims(payload: unknown): Promise<VerifiedActor> {
    const { data } = claims.safeParse(payload);
    if (!data || !this.settings.auth.builtIn) throw new TokenInvalid();
    const { admin } = await this.sessions.requireSession(data.sid, data.sub);
    return { userId: data.sub, sessionId: data.sid, admin, expiresAt: new Date(data.exp * 1000) };
  }
}

/** What jsonwebtoken says of a token, in our words. */
export const tokenErrorOf = (error: unknown): TokenExpired | TokenInvalid =>
  error instanceof Error && error.name === 'TokenExpiredError' ? new TokenExpired() : new TokenInvalid();
