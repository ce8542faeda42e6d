import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { linkUnlessExists, readText } from '../common/files.js';

/**
 * Reads a secret from a file that only its owner may read, and generates it the first time. Processes that start at once get the same.
 * @returns 43 characters of base64url, 256 bits
 */
export function loadOrCreateSecret(file: string): string {
  const stored = readText(file).trim();
  if (stored) return stored;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o711 }); // the embedded PostgreSQL may need to pass, as another user
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkUnlessExists(draft, file); // never replaces the secret of another process
  } finally {
    rmSync(draft, { force: true });
  }
  const secret = readText(file).trim();
  if (!secret) throw new Error(`${file} is empty: remove it, and a new one is generated`);
  return secret;
}
