import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { draftsOf, readText } from '../../common/files.js';
import { isFolderInUse, isPostgresOf } from './processes.js';
import { canEnter, requireOwnFolder, runProgram, sharedPath, type Runner } from './runner.js';

export const SUPERUSER = 'parley';
const POLL_MS = 10;
const SHUTDOWN_MS = 60_000;

/** Creates the folder for the server's data, gives it to the user of the runner, and returns its real path. */
export function prepareFolder(wanted: string, runner: Runner): string {
  const folder = makeFolder(wanted, runner);
  const moved = sharedPath('parley-data', folder);
  if (existsSync(moved)) requireOwnFolder(moved);
  const hasData = isInitialised(path.join(folder, 'data'));
  if (runner.ids.uid === undefined || canEnter(runner, folder)) {
    const isMoved = !hasData && isInitialised(path.join(moved, 'data'));
    return realpathSync(isMoved ? makeFolder(moved, runner) : folder);
  }
  // A parent folder is closed to "nobody" (/root has 0700): new data are stored where every user may pass.
  if (hasData) {
    throw new Error(`the user nobody runs PostgreSQL here, and cannot open ${folder}: chmod o+x its parent folders, or set DATABASE_URL`);
  }
  return realpathSync(makeFolder(moved, runner));
}

function makeFolder(folder: string, runner: Runner): string {
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o711 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.getuid && statSync(folder).uid !== runner.owner) spawnSync('chown', ['-R', `${runner.owner}:${runner.owner}`, folder]);
  return folder;
}

export const isInitialised = (dataDir: string): boolean => existsSync(path.join(dataDir, 'PG_VERSION'));

/** Runs initdb in a draft folder and renames it: a process that is killed leaves no incomplete database. */
export function initialise(dataDir: string, runner: Runner, password: string, durable: boolean): void {
  for (const draft of draftsOf(dataDir)) rmSync(draft, { recursive: true, force: true });
  const draft = `${dataDir}.${randomUUID()}`;
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (process.getuid) chownSync(passwordFile, runner.owner, runner.owner);
  // The builtin locale sorts the same everywhere; the default is that of the machine.
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    const { status, stderr, error } = runProgram(runner, 'initdb', ['-D', draft, ...locale, ...access, ...(durable ? [] : ['--no-sync'])]);
    if (status !== 0) throw new Error(`initdb failed: ${(stderr || error?.message) ?? String(status)}`);
    renameSync(draft, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Accepts connections: false while it starts or shuts down. */
  readonly ready: boolean;
}

const lockFileOf = (dataDir: string): string => path.join(dataDir, 'postmaster.pid');

/** Reads the lock file of PostgreSQL. Returns null if the server that wrote it has ended. */
export function readPostmaster(dataDir: string): Postmaster | null {
  const lines = readText(lockFileOf(dataDir)).split('\n');
  const pid = Number(lines[0]);
  return isPostgresOf(dataDir, pid) ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null;
}

/** Waits while a server of the folder starts or shuts down. Returns one that is ready, or null and removes the lock of an ended one. */
export async function waitForShutdown(dataDir: string): Promise<Postmaster | null> {
  for (const deadline = Date.now() + SHUTDOWN_MS; ; await sleep(POLL_MS)) {
    const postmaster = readPostmaster(dataDir);
    if (postmaster?.ready) return postmaster;
    // Backends run a little longer than a killed postmaster; a second server beside them would corrupt the data.
    if (!postmaster && !isFolderInUse(dataDir)) break;
    if (Date.now() > deadline) throw new Error(`${dataDir} is still in use by an earlier PostgreSQL: stop it, then start again`);
  }
  // A zombie keeps its pid, and PostgreSQL would respect its lock.
  if (process.platform === 'linux') rmSync(lockFileOf(dataDir), { force: true });
  return null;
}
