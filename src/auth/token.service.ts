import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { isId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { TokenExpired, TokenInvalid } from './auth.errors.js';
import type { TicketView, TokenPairView } from './auth.view.js';
import { ExternalIdentity } from './external/external-identity.service.js';
import { type Device, UNKNOWN_DEVICE, type VerifiedActor } from './session.types.js';
import { Sessions } from './sessions.service.js';

/** The algorithm of the tokens that this server issues. */
export const TOKEN_ALGORITHM = 'HS256';

export interface IssuedRefresh {
  readonly userId: string;
  readonly sessionId: string;
  readonly refreshToken: string;
  /** A repeated answer keeps the time of the first. */
  readonly issuedAt: Date;
}

type TokenType = 'access' | 'ticket';

const claims = z.object({ typ: z.string(), sub: z.string().refine(isId), sid: z.string().refine(isId), exp: z.number() });

/** Issues and verifies access tokens and media tickets, for REST and sockets. */
@Injectable()
export class TokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly sessions: Sessions,
    private readonly external: ExternalIdentity,
    private readonly settings: Settings,
  ) {}

  /** Returns the token pair of a refresh token: the same bytes for the same token. */
  issueTokenPair({ userId, sessionId, refreshToken, issuedAt }: IssuedRefresh): TokenPairView {
    const { accessTokenSeconds } = this.settings.auth;
    const iat = Math.floor(issuedAt.getTime() / 1000);
    const jti = createHash('sha256').update(`access:${refreshToken}`).digest('base64url').slice(0, 22);
    const accessToken = this.sign('access', { sub: userId, sid: sessionId, jti, iat }, accessTokenSeconds);
    const elapsed = Math.floor((Date.now() - iat * 1000) / 1000);
    return { accessToken, refreshToken, expiresIn: Math.max(0, accessTokenSeconds - elapsed) };
  }

  /** Issues a token that may be part of a URL: it reads media and nothing else, and ends with the session. */
  issueMediaTicket({ userId, sessionId }: VerifiedActor): TicketView {
    const expiresIn = this.settings.media.ticketSeconds;
    return { ticket: this.sign('ticket', { sub: userId, sid: sessionId }, expiresIn), expiresIn };
  }

  private sign(typ: TokenType, payload: object, expiresIn: number): string {
    const { issuer, audience } = this.settings.auth;
    return this.jwt.sign({ typ, ...payload }, { algorithm: TOKEN_ALGORITHM, issuer, audience, expiresIn });
  }

  /** Verifies an access token and its session. @throws TokenInvalid, TokenExpired, SessionInvalid, IdentityUnavailable */
  async verify(token: string, device: Device = UNKNOWN_DEVICE): Promise<VerifiedActor> {
    if (this.isForeign(token)) return this.external.verify(token, device);
    return this.verifyClaims(await this.payloadOf(token));
  }

  /** @throws TokenInvalid, TokenExpired, SessionInvalid */
  async verifyMediaTicket(ticket: string): Promise<VerifiedActor> {
    return this.actorOf('ticket', await this.payloadOf(ticket));
  }

  private async payloadOf(token: string): Promise<object> {
    const { issuer, audience } = this.settings.auth;
    try {
      return await this.jwt.verifyAsync<object>(token, { algorithms: [TOKEN_ALGORITHM], issuer, audience });
    } catch (error) {
      throw tokenErrorOf(error);
    }
  }

  /** Returns whether only another service can have issued the token: this server's tokens have an algorithm of their own. */
  isForeign(token: string): boolean {
    if (!this.external.enabled) return false;
    try {
      return decodeProtectedHeader(token).alg !== TOKEN_ALGORITHM;
    } catch {
      return false;
    }
  }

  /** Verifies the claims of an access token whose signature, times, issuer and audience are valid, and its session. */
  async verifyClaims(payload: unknown): Promise<VerifiedActor> {
    if (!this.settings.auth.builtIn) throw new TokenInvalid();
    return this.actorOf('access', payload);
  }

  private async actorOf(typ: TokenType, payload: unknown): Promise<VerifiedActor> {
    const { data } = claims.safeParse(payload);
    if (data?.typ !== typ) throw new TokenInvalid();
    const { admin } = await this.sessions.requireSession(data.sid, data.sub);
    return { userId: data.sub, sessionId: data.sid, admin, expiresAt: new Date(data.exp * 1000) };
  }
}

/** Translates an error of jsonwebtoken. */
export const tokenErrorOf = (error: unknown): TokenExpired | TokenInvalid =>
  error instanceof Error && error.name === 'TokenExpiredError' ? new TokenExpired() : new TokenInvalid();
