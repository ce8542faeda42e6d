import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    return null;
  }
};

/**
 * A secret made once and kept in a file that only its owner may read. Several processes may ask at once: all get the same.
 * @returns 43 characters of base64url, 256 bits
 */
export function keptSecret(file: string): string {
  const kept = read(file);
  if (kept) return kept;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o711 }); // its own files are closed; the embedded PostgreSQL may have to pass
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, file); // whole or not at all, and never over another's
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const secret = read(file);
  if (!secret) throw new Error(`${file} is empty: remove it to have a new one made`);
  return secret;
}
