import { createPublicKey } from 'node:crypto';
import path from 'node:path';
import type { productGroups } from './product-settings.js';
import type { serverGroups } from './server-settings.js';
import type { Values } from './setting.js';

// Settings that several variables determine together.

type Product = typeof productGroups;
type Server = typeof serverGroups;
type Report = (error: string) => void;

export interface ExternalIssuer {
  /** Exactly one of `jwksUrl` and `publicKey` is set. */
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
      /** The endpoint in signed links. */
      readonly publicEndpoint: string | null;
      readonly region: string;
      /** null: the default credential chain of the SDK. */
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
      readonly forcePathStyle: boolean;
    };

export function externalIssuer(values: Values<Product['external']>, report: Report): ExternalIssuer | null {
  const { jwksUrl, refetchSeconds, publicKey, issuer, audience, algorithms } = values;
  if (!jwksUrl && !publicKey) return null;
  const source = jwksUrl ? 'AUTH_JWKS_URL' : 'AUTH_JWT_PUBLIC_KEY';
  if (jwksUrl && publicKey) report('AUTH_JWT_PUBLIC_KEY and AUTH_JWKS_URL cannot both be given');
  if (!issuer) report(`AUTH_ISSUER is missing: ${source} needs it`);
  if (!audience) report(`AUTH_AUDIENCE is missing: ${source} needs it`);
  if (publicKey && !isPublicKey(publicKey)) report('AUTH_JWT_PUBLIC_KEY must be a public key in PEM form');
  return Object.freeze({ jwksUrl, refetchSeconds, publicKey, issuer: issuer ?? '', audience: audience ?? '', algorithms });
}

function isPublicKey(pem: string): boolean {
  try {
    // createPublicKey would accept a private key, too.
    return !pem.includes('PRIVATE') && createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}

export function storageSettings(values: Values<Server['s3']>, dataDir: string, report: Report): StorageSettings {
  const { bucket, endpoint, publicEndpoint, region, accessKeyId, secretAccessKey, forcePathStyle } = values;
  if (accessKeyId && !secretAccessKey) report('S3_SECRET_ACCESS_KEY is missing: S3_ACCESS_KEY_ID needs it');
  if (secretAccessKey && !accessKeyId) report('S3_ACCESS_KEY_ID is missing: S3_SECRET_ACCESS_KEY needs it');
  if (!bucket) {
    if (endpoint || accessKeyId) report(`S3_BUCKET is missing: ${endpoint ? 'S3_ENDPOINT' : 'S3_ACCESS_KEY_ID'} is given`);
    return Object.freeze({ kind: 'disk', dir: path.join(dataDir, 'media') });
  }
  const credentials = accessKeyId && secretAccessKey ? Object.freeze({ accessKeyId, secretAccessKey }) : null;
  return Object.freeze({ kind: 's3', bucket, endpoint, publicEndpoint, region, credentials, forcePathStyle });
}

const SECRET_LENGTH = 32;
const WELL_KNOWN =
  /change.?me|your.?(jwt|secret|256)|example|placeholder|default|password|insecure|development|(super|very|top).?secret|0123456789|12345678|abcdefgh|qwerty/i;

/** Whether a secret could be guessed: too short, too few different characters, or built from well-known words. */
export function isWeakSecret(text: string): boolean {
  return text.length < SECRET_LENGTH || new Set(text).size < 10 || WELL_KNOWN.test(text);
}

export interface CheckedSettings {
  readonly database: Values<Server['database']>;
  readonly auth: Values<Product['auth']>;
  readonly argon2: Values<Product['argon2']>;
  readonly metrics: { readonly token: string | null };
}

/** Reports settings that are missing or too weak for production. */
export function validateProduction({ database, auth, argon2, metrics }: CheckedSettings, report: Report): void {
  if (!database.url) report('DATABASE_URL is missing: production does not use the embedded PostgreSQL');
  if (!auth.jwtSecret) report('JWT_SECRET is missing: production does not generate one');
  else if (isWeakSecret(auth.jwtSecret)) {
    report(`JWT_SECRET is too weak: give ${SECRET_LENGTH} or more random characters (openssl rand -base64 48)`);
  }
  if (metrics.token && metrics.token.length < 16) report('METRICS_TOKEN is too weak: give 16 or more random characters');
  if (argon2.memoryKib * argon2.iterations < 2 * 19_456) {
    report('ARGON2_MEMORY_KIB is too low for production: set 19456 with ARGON2_ITERATIONS=2, or values of equal cost');
  }
}
