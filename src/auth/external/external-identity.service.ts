import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { v5 } from 'uuid';
import { z } from 'zod';
import { isStorable } from '../../common/text.js';
import { Settings } from '../../config/settings.js';
import type { ExternalIssuer } from '../../config/derived-settings.js';
import { IdentityUnavailable, TokenExpired, TokenInvalid } from '../auth.errors.js';
import type { Device } from '../device.types.js';
import { ExternalSessions } from './external-sessions.service.js';
import type { VerifiedActor } from '../token.service.js';

/** Keys are fetched anew after this, and after a failure at most so often. */
const KEYS_LIVE_MS = 600_000;
const RETRY_MS = 2_000;
const FETCH_TIMEOUT_MS = 3_000;
/** Far more than a dozen keys with the chains of their certificates. */
const MAX_KEYS_BYTES = 512 * 1024;
/** Clocks of two services differ. */
const TOLERANCE_SECONDS = 5;
const NAMESPACE = '5b1c9c8e-8f0e-4b52-9a53-3f2d61f0a7d4';
/** The year 9999. */
const MAX_SECONDS = 253_402_300_799;

const word = z.string().min(1).max(255).refine(isStorable);
const keySet = z.object({ keys: z.array(z.looseObject({})) });
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

/** Tokens that another service makes: their signature by its keys, then their person and session here. */
@Injectable()
export class ExternalIdentity {
  private readonly log = new Logger(ExternalIdentity.name);
  private readonly source: ExternalIssuer | null;
  private readonly key: KeyObject | JWTVerifyGetKey | null;

  constructor(
    { auth }: Settings,
    private readonly sessions: ExternalSessions,
  ) {
    this.source = auth.external;
    this.key = auth.external && keyOf(auth.external, this.log);
  }

  get enabled(): boolean {
    return this.source !== null;
  }

  /** @throws TokenInvalid, TokenExpired, SessionInvalid, IdentityUnavailable */
  async verify(token: string, device: Device): Promise<VerifiedActor> {
    const { data } = claims.safeParse(await this.payload(token));
    // A token from the future could not be ended: its session would open anew.
    if (!data || data.iat > Date.now() / 1000 + TOLERANCE_SECONDS) throw new TokenInvalid();
    const session = {
      id: v5(JSON.stringify([data.iss, data.sub, data.sid]), NAMESPACE),
      issuer: data.iss,
      subject: data.sub,
      issuedAt: new Date(data.iat * 1000),
      expiresAt: new Date(data.exp * 1000),
      profile: { username: data.preferred_username ?? data.nickname ?? data.email, name: data.name },
    };
    const { userId, admin } = await this.sessions.upsertExternalSession(session, device);
    return { userId, sessionId: session.id, admin, expiresAt: session.expiresAt };
  }

  private async payload(token: string): Promise<JWTPayload> {
    if (!this.source || !this.key) throw new TokenInvalid();
    const { issuer, audience, algorithms } = this.source;
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
      throw refusal(error);
    }
  }
}

function refusal(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new TokenExpired();
  return isOutage(error) ? new IdentityUnavailable() : new TokenInvalid();
}

/** Whether it is the service that failed, not the token. */
const isOutage = (error: unknown): boolean => error instanceof IdentityUnavailable || error instanceof errors.JWKSInvalid;

function keyOf({ jwksUrl, publicKey, refetchSeconds }: ExternalIssuer, log: Logger): KeyObject | JWTVerifyGetKey {
  if (!jwksUrl) return createPublicKey(publicKey ?? '');
  let triedAt = -Infinity;
  return createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: KEYS_LIVE_MS,
    cooldownDuration: refetchSeconds * 1000,
    timeoutDuration: FETCH_TIMEOUT_MS,
    // The library bounds fetches after a success alone; a service in trouble must not get one for every request.
    [customFetch]: async (url, options) => {
      if (performance.now() - triedAt < RETRY_MS) throw new IdentityUnavailable();
      triedAt = performance.now();
      try {
        const keys = await keySetIn(await fetch(url, options));
        triedAt = -Infinity;
        return Response.json(keys);
      } catch (error) {
        log.error(`keys of the identity service: ${error instanceof Error ? error.message : String(error)}`);
        throw new IdentityUnavailable();
      }
    },
  });
}

/** The keys of an answer. Throws whatever else it is: the library would take it for a success, and ask again at once. */
async function keySetIn(answer: Response): Promise<z.infer<typeof keySet>> {
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`answered ${answer.status}`);
  }
  const { data } = keySet.safeParse(JSON.parse(await textOf(answer)));
  if (!data) throw new Error('answered something that is no set of keys');
  return data;
}

/** The body of an answer, at most {@link MAX_KEYS_BYTES} long. */
async function textOf(answer: Response): Promise<string> {
  const body: AsyncIterable<Uint8Array> | null = answer.body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_KEYS_BYTES) throw new Error('answered more than a set of keys');
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
