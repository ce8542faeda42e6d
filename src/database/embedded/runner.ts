import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { executablePath } from '../../config/environment.js';
import { binariesFolder } from './binaries.js';

const NOBODY = 65_534;
/** Everyone may enter it, unlike a home folder. */
const SHARED = '/var/tmp';

/** Who runs PostgreSQL, which refuses to be run by root. */
export interface Runner {
  /** The command that the program is handed to. */
  readonly prefix: readonly string[];
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** To whom the data must belong. */
  readonly owner: number;
  readonly binaries: string;
}

/** As oneself; as root, in a user namespace (the files stay root's); where that is forbidden, as "nobody". */
export function chooseRunner(userNamespace: boolean): Runner {
  const binaries = binariesFolder();
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0 || !process.getuid) return { prefix: [], ids: {}, owner: uid, binaries };
  const mapped = ['unshare', '-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const inNamespace: Runner = { prefix: mapped, ids: {}, owner: 0, binaries };
  if (userNamespace && works(inNamespace)) return inNamespace;
  return asNobody(binaries);
}

function asNobody(binaries: string): Runner {
  const nobody: Runner = { prefix: [], ids: { uid: NOBODY, gid: NOBODY }, owner: NOBODY, binaries };
  if (works(nobody)) return nobody;
  // The folder of the application is closed to others (a checkout below /root): a copy of the programs is not.
  const copy = sharedPlace('parley-postgres', binaries);
  if (existsSync(copy)) requireOwnFolder(copy);
  cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true, force: true });
  chmodSync(copy, 0o755);
  const moved = { ...nobody, binaries: copy };
  if (!works(moved)) throw new Error('the embedded PostgreSQL cannot run here: set DATABASE_URL');
  return moved;
}

/** Runs one of its programs to the end. */
export function run(runner: Runner, program: string, args: readonly string[]): SpawnSyncReturns<string> {
  const [command = '', ...rest] = [...runner.prefix, path.join(runner.binaries, 'bin', program), ...args];
  return spawnSync(command, rest, { ...runner.ids, env: postgresEnv(), cwd: '/', encoding: 'utf8' });
}

const works = (runner: Runner): boolean => run(runner, 'postgres', ['--version']).status === 0;

/** Nothing of the caller's locale or PG* variables reaches the server. */
export const postgresEnv = (): NodeJS.ProcessEnv => ({ PATH: executablePath, LC_ALL: 'C', TZ: 'UTC' });

export function mayEnter(runner: Runner, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...runner.ids, cwd: '/' }).status === 0;
}

export function sharedPlace(name: string, origin: string): string {
  return path.join(SHARED, `${name}-${createHash('sha256').update(origin).digest('hex').slice(0, 12)}`);
}

/** A place that everyone may write to can have been prepared by somebody else. */
export function requireOwnFolder(folder: string): void {
  const found = lstatSync(folder);
  if (!found.isDirectory() || ![0, NOBODY].includes(found.uid)) {
    throw new Error(`${folder} belongs to somebody else: remove it, or set DATABASE_URL`);
  }
}
