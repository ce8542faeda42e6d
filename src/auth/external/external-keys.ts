import { createPublicKey, type KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { ExternalIssuer } from '../../config/derived-settings.js';
import { IdentityUnavailable } from '../auth.errors.js';

const CACHE_MS = 600_000;
/** Between two fetches after a failure. */
const RETRY_MS = 2_000;
const FETCH_TIMEOUT_MS = 3_000;
/** Far more than a dozen keys with their certificate chains. */
const MAX_KEYS_BYTES = 512 * 1024;

const keySet = z.object({ keys: z.array(z.looseObject({})) });

/** Returns the key of the external issuer, or the function that fetches its keys. That function throws IdentityUnavailable. */
export function keyOf({ jwksUrl, publicKey, refetchSeconds }: ExternalIssuer): KeyObject | JWTVerifyGetKey {
  if (!jwksUrl) return createPublicKey(publicKey ?? '');
  const log = new Logger('ExternalKeys');
  let triedAt = -Infinity;
  return createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: CACHE_MS,
    cooldownDuration: refetchSeconds * 1000,
    timeoutDuration: FETCH_TIMEOUT_MS,
    // The library limits fetches after a success only; a failing service must not receive one for every request.
    [customFetch]: async (url, options) => {
      if (performance.now() - triedAt < RETRY_MS) throw new IdentityUnavailable();
      triedAt = performance.now();
      try {
        const keys = await keySetIn(await fetch(url, options));
        triedAt = -Infinity;
        return Response.json(keys);
      } catch (error) {
        log.error(`The keys of the identity service could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
        throw new IdentityUnavailable();
      }
    },
  });
}

/** Returns the keys of the response. Throws for any other content: the library would take it for a success, and fetch again at once. */
async function keySetIn(response: Response): Promise<z.infer<typeof keySet>> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  const { data } = keySet.safeParse(JSON.parse(await textOf(response)));
  if (!data) throw new Error('answered something other than a key set');
  return data;
}

/** Reads a body of at most {@link MAX_KEYS_BYTES}. */
async function textOf(response: Response): Promise<string> {
  const body: AsyncIterable<Uint8Array> | null = response.body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_KEYS_BYTES) throw new Error(`answered more than ${MAX_KEYS_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
