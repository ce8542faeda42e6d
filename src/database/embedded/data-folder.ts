import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPostgresOf, isWorkedIn } from './processes.js';
import { mayEnter, requireOwnFolder, run, sharedPlace, type Runner } from './runner.js';

export const SUPERUSER = 'parley';
const GLANCE_MS = 10;
const ENDING_MS = 60_000;

/** Makes the folder that the server's data stand in, gives it to the runner, and answers where it really is. */
export function prepareFolder(wanted: string, runner: Runner): string {
  const folder = makeFolder(wanted, runner);
  const moved = sharedPlace('parley-data', folder);
  if (existsSync(moved)) requireOwnFolder(moved);
  const hasData = isInitialised(path.join(folder, 'data'));
  if (runner.ids.uid === undefined || mayEnter(runner, folder)) {
    const keptElsewhere = !hasData && isInitialised(path.join(moved, 'data'));
    return realpathSync(keptElsewhere ? makeFolder(moved, runner) : folder);
  }
  // Something above it is closed to "nobody" (below /root, 0700): new data go where everybody may pass.
  if (hasData) {
    throw new Error(`${folder} is closed to "nobody", who must run PostgreSQL here: chmod o+x the folders above, or set DATABASE_URL`);
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

/** initdb beside its place, then moved there whole: killed half-way it leaves nothing that looks like a database. */
export function initialise(dataDir: string, runner: Runner, password: string, durable: boolean): void {
  removeDataDrafts(dataDir);
  const draft = `${dataDir}.${randomUUID()}`;
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (process.getuid) chownSync(passwordFile, runner.owner, runner.owner);
  // The builtin locale sorts alike everywhere; the package would take whatever this machine offers.
  const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    const { status, stderr, error } = run(runner, 'initdb', ['-D', draft, ...locale, ...access, ...(durable ? [] : ['--no-sync'])]);
    if (status !== 0) throw new Error(`initdb failed: ${(stderr || error?.message) ?? String(status)}`);
    renameSync(draft, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What a process left that was killed while it made the database. */
function removeDataDrafts(dataDir: string): void {
  const home = path.dirname(dataDir);
  const drafts = readdirSync(home).filter((name) => name.startsWith(`${path.basename(dataDir)}.`));
  for (const name of drafts) rmSync(path.join(home, name), { recursive: true, force: true });
}

const pidFile = (dataDir: string): string => path.join(dataDir, 'postmaster.pid');

interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Accepts connections; not while it starts or shuts down. */
  readonly ready: boolean;
}

/** What the lock file of the folder says, if the server that wrote it still lives. */
export function postmasterOf(dataDir: string): Postmaster | null {
  try {
    const lines = readFileSync(pidFile(dataDir), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return isPostgresOf(dataDir, pid) ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null;
  } catch {
    return null;
  }
}

/** Waits while a server of the folder starts or ends; drops the lock of one that is dead. Answers a server that is ready. */
export async function waitForShutdown(dataDir: string): Promise<Postmaster | null> {
  for (const until = Date.now() + ENDING_MS; ; await sleep(GLANCE_MS)) {
    const found = postmasterOf(dataDir);
    if (found?.ready) return found;
    // Backends outlive a killed postmaster for a moment; a second server beside them would ruin the data.
    if (!found && !isWorkedIn(dataDir)) break;
    if (Date.now() > until) throw new Error(`${dataDir} is still in use by an earlier PostgreSQL`);
  }
  // A process that PID 1 does not reap keeps its number for ever, and PostgreSQL would respect the lock for as long.
  if (process.platform === 'linux') rmSync(pidFile(dataDir), { force: true });
  return null;
}
