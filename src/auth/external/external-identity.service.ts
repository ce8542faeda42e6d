import { randomBytes, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { v5 } from 'uuid';
import { z } from 'zod';
import { codePoints, isStorable } from '../../common/text.js';
import { Settings } from '../../config/settings.js';
import { Transactions } from '../../database/transactions.js';
import { Credentials } from '../../users/credentials.service.js';
import { isReservedUsername, isUsername, MAX_DISPLAY_NAME } from '../../users/user.policy.js';
import { SessionInvalid } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import { IdentityUnavailable, TokenExpired, TokenInvalid } from '../auth.errors.js';
import type { Device, VerifiedActor } from '../session.types.js';
import { Sessions } from '../sessions.service.js';
import { keyOf } from './external-keys.js';

/** Allowed difference between the clocks of the two services. */
const TOLERANCE_SECONDS = 5;
/** Namespace of the session ids that are derived from tokens. */
const NAMESPACE = '5b1c9c8e-8f0e-4b52-9a53-3f2d61f0a7d4';
/** The year 9999. */
const MAX_SECONDS = 253_402_300_799;
/** Usernames tried until one is free. */
const ATTEMPTS = 10;
const MAX_BASE = 24;

const word = z.string().min(1).max(255).refine(isStorable);
const claims = z.object({
  iss: z.string(),
  sub: word,
  sid: word.nullable().default(null),
  iat: z.number().min(0).max(MAX_SECONDS),
  exp: z.number().min(0).max(MAX_SECONDS),
  preferred_username: z.unknown().optional(),
  nickname: z.unknown().optional(),
  email: z.unknown().optional(),
  name: z.unknown().optional(),
});
type Claims = z.infer<typeof claims>;

/** Verifies the tokens of another service, and stores their users and sessions here, where they are listed and ended like all others. */
@Injectable()
export class ExternalIdentity {
  private readonly key: KeyObject | JWTVerifyGetKey | null;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: Transactions,
    private readonly sessions: Sessions,
    private readonly users: UsersService,
    private readonly credentials: Credentials,
  ) {
    const { external } = settings.auth;
    this.key = external && keyOf(external);
  }

  get enabled(): boolean {
    return this.key !== null;
  }

  /**
   * Returns the actor of the token. The first token of a subject creates its user, the first of a session its row; a token that was issued
   * after the session ended starts it anew. @throws TokenInvalid, TokenExpired, SessionInvalid, IdentityUnavailable
   */
  async verify(token: string, device: Device): Promise<VerifiedActor> {
    const { data } = claims.safeParse(await this.payloadOf(token));
    // The session of a token from the future could not be ended: the token would start it anew.
    if (!data || data.iat > Date.now() / 1000 + TOLERANCE_SECONDS) throw new TokenInvalid();
    const sessionId = v5(JSON.stringify([data.iss, data.sub, data.sid]), NAMESPACE);
    const expiresAt = new Date(data.exp * 1000);
    return { ...(await this.upsertSession(sessionId, data, device)), sessionId, expiresAt };
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    const { external } = this.settings.auth;
    if (!external || !this.key) throw new TokenInvalid();
    const { issuer, audience, algorithms } = external;
    const options = {
      ...{ issuer, audience, algorithms: [...algorithms], clockTolerance: TOLERANCE_SECONDS },
      requiredClaims: ['sub', 'iat', 'exp'],
    };
    try {
      const { payload } = await (typeof this.key === 'function'
        ? jwtVerify(token, this.key, options)
        : jwtVerify(token, this.key, options));
      return payload;
    } catch (error) {
      throw tokenErrorOf(error);
    }
  }

  private async upsertSession(id: string, token: Claims, device: Device): Promise<{ userId: string; admin: boolean }> {
    const issuedAt = new Date(token.iat * 1000);
    const expiresAt = new Date(token.exp * 1000);
    const known = await this.sessions.findSessionState(id);
    if (known && !known.active) throw new SessionInvalid();
    if (known && !known.endedAt && !known.stale && known.expiresAt >= expiresAt) return { userId: known.userId, admin: known.admin };
    if (known?.endedAt && known.endedAt >= issuedAt) throw new SessionInvalid();
    const userId = known?.userId ?? (await this.getOrCreateUser(token));
    await this.transactions.run(async () => {
      if (!(await this.credentials.lockCredential(userId))) throw new SessionInvalid();
      if (!(await this.sessions.upsertExternalSession(id, userId, device, issuedAt, expiresAt))) throw new SessionInvalid();
    });
    const { admin } = await this.users.requireActiveUser(userId);
    return { userId, admin };
  }

  /** Of two concurrent calls for a new subject one creates the user and the other finds it. */
  private async getOrCreateUser({ iss: issuer, sub: subject, ...profile }: Claims): Promise<string> {
    const base = usernameFrom(profile.preferred_username ?? profile.nickname ?? profile.email);
    const displayName = displayNameFrom(profile.name);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.credentials.findUserIdBySubject(issuer, subject);
      if (found) return found;
      const username = attempt === 0 && base.length >= 3 && !isReservedUsername(base) ? base : withSuffix(base);
      const user = await this.users.createUser({ username, displayName, external: { issuer, subject } });
      if (user) return user.id;
    }
    throw new Error('no free username was found');
  }
}

/** Translates an error of jose; IdentityUnavailable when the service failed, not the token. */
function tokenErrorOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new TokenExpired();
  return error instanceof IdentityUnavailable || error instanceof errors.JWKSInvalid ? new IdentityUnavailable() : new TokenInvalid();
}

/** Returns what of a claim may be in a username: of an address the part before the @. */
function usernameFrom(claim: unknown): string {
  const name = typeof claim === 'string' ? claim.slice(0, 255).replace(/@.*$/s, '').normalize('NFKD').toLowerCase() : '';
  return name.replaceAll(/[^a-z0-9_.-]/g, '').slice(0, MAX_BASE);
}

function withSuffix(base: string): string {
  const name = `${base || 'user'}-${randomBytes(3).toString('hex')}`;
  return isUsername(name) && !isReservedUsername(name) ? name : `user-${randomBytes(6).toString('hex')}`;
}

const displayNameFrom = (claim: unknown): string | null =>
  typeof claim === 'string' && claim.trim() !== '' && isStorable(claim) && codePoints(claim) <= MAX_DISPLAY_NAME ? claim : null;
