import { createPublicKey } from 'node:crypto';
import path from 'node:path';
import type { argon2, auth, external } from './product-settings.js';
import type { database, s3 } from './server-settings.js';
import type { Values } from './setting.js';

// What follows from several variables together.

type Refuse = (complaint: string) => void;

export interface ExternalIssuer {
  /** One of the two is given. */
  readonly jwksUrl: string | null;
  readonly refetchSeconds: number;
  readonly publicKey: string | null;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
}

export type StorageSettings =
  | { readonly kind: 'disk'; readonly dir: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly endpoint: string | null;
      /** Signed links name it. */
      readonly publicEndpoint: string | null;
      readonly region: string;
      /** null: the SDK finds them by itself. */
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
      readonly forcePathStyle: boolean;
    };

export function externalIssuer(values: Values<typeof external>, refuse: Refuse): ExternalIssuer | null {
  const { jwksUrl, refetchSeconds, publicKey, issuer, audience, algorithms } = values;
  if (!jwksUrl && !publicKey) return null;
  const source = jwksUrl ? 'AUTH_JWKS_URL' : 'AUTH_JWT_PUBLIC_KEY';
  if (jwksUrl && publicKey) refuse('AUTH_JWT_PUBLIC_KEY and AUTH_JWKS_URL cannot both be given');
  if (!issuer) refuse(`AUTH_ISSUER is missing: ${source} needs it`);
  if (!audience) refuse(`AUTH_AUDIENCE is missing: ${source} needs it`);
  if (publicKey && !isPublicKey(publicKey)) refuse('AUTH_JWT_PUBLIC_KEY must be a public key in PEM form');
  return Object.freeze({ jwksUrl, refetchSeconds, publicKey, issuer: issuer ?? '', audience: audience ?? '', algorithms });
}

function isPublicKey(pem: string): boolean {
  try {
    // A private key would do for createPublicKey too, but has no business here.
    return !pem.includes('PRIVATE') && createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

export function storage(values: Values<typeof s3>, dataDir: string, refuse: Refuse): StorageSettings {
  const { bucket, endpoint, publicEndpoint, region, accessKeyId, secretAccessKey, forcePathStyle } = values;
  if (accessKeyId && !secretAccessKey) refuse('S3_SECRET_ACCESS_KEY is missing: S3_ACCESS_KEY_ID needs it');
  if (secretAccessKey && !accessKeyId) refuse('S3_ACCESS_KEY_ID is missing: S3_SECRET_ACCESS_KEY needs it');
  if (!bucket) {
    if (endpoint || accessKeyId) refuse(`S3_BUCKET is missing: ${endpoint ? 'S3_ENDPOINT' : 'S3_ACCESS_KEY_ID'} is given`);
    return Object.freeze({ kind: 'disk', dir: path.join(dataDir, 'media') });
  }
  const credentials = accessKeyId && secretAccessKey ? Object.freeze({ accessKeyId, secretAccessKey }) : null;
  return Object.freeze({ kind: 's3', bucket, endpoint, publicEndpoint, region, credentials, forcePathStyle });
}

const SECRET_LENGTH = 32;
const WELL_KNOWN =
  /change.?me|your.?(jwt|secret|256)|example|placeholder|default|password|insecure|development|(super|very|top).?secret|0123456789|12345678|abcdefgh|qwerty/i;

/** A secret that a person could guess, by its length, its variety or its words. */
export function isWeakSecret(text: string): boolean {
  return text.length < SECRET_LENGTH || new Set(text).size < 10 || WELL_KNOWN.test(text);
}

export interface Judged {
  readonly database: Values<typeof database>;
  readonly auth: Values<typeof auth>;
  readonly argon2: Values<typeof argon2>;
  readonly metrics: { readonly token: string | null };
}

/** What a development machine may leave out or make light of, and production may not. */
export function validateProduction({ database: db, auth: tokens, argon2: hash, metrics }: Judged, refuse: Refuse): void {
  if (!db.url) refuse('DATABASE_URL is missing: production does not use the embedded PostgreSQL');
  if (!tokens.jwtSecret) refuse('JWT_SECRET is missing: production does not make one');
  else if (isWeakSecret(tokens.jwtSecret)) {
    refuse(`JWT_SECRET is too weak: give ${SECRET_LENGTH} or more random characters (openssl rand -base64 48)`);
  }
  if (metrics.token && metrics.token.length < 16) refuse('METRICS_TOKEN is too weak: give 16 or more random characters');
  if (hash.memoryKib * hash.iterations < 2 * 19_456) {
    refuse('ARGON2_MEMORY_KIB is too low for production: 19456 with ARGON2_ITERATIONS 2, or as much work');
  }
}
