import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPostmaster } from './data-folder.js';
import { postgresEnv, type Runner } from './runner.js';

const READY_MS = 60_000;
const POLL_MS = 10;

export interface LaunchOptions {
  readonly dataDir: string;
  readonly logFile: string;
  readonly durable: boolean;
  /** PostgreSQL shuts down when this process ends, even if it is killed. */
  readonly stopWithProcess: boolean;
}

/** Starts PostgreSQL on 127.0.0.1 and waits until it accepts connections. Returns its pid, or null if it ended before. */
export async function launch(runner: Runner, port: number, options: LaunchOptions): Promise<number | null> {
  const { command, args, ids } = commandLine(runner, port, options);
  const output = openSync(options.logFile, 'a', 0o600);
  // Its own process group: Ctrl-C in a terminal must reach this process only.
  const child = spawn(command, args, { ...ids, env: postgresEnv(), cwd: '/', detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  for (const deadline = Date.now() + READY_MS; !ended && Date.now() < deadline; await sleep(POLL_MS)) {
    const postmaster = readPostmaster(options.dataDir);
    if (postmaster?.ready) return postmaster.pid;
  }
  if (!ended) child.kill('SIGQUIT');
  return null;
}

function commandLine(
  runner: Runner,
  port: number,
  { dataDir, durable, stopWithProcess }: LaunchOptions,
): { command: string; args: string[]; ids: Runner['ids'] } {
  const wrapper = stopWithProcess && hasSetpriv() ? ['setpriv', '--pdeathsig', 'INT'] : [];
  // The kernel clears the death signal when the user changes after it: then setpriv must change the user itself.
  const changesUser = runner.ids.uid !== undefined && wrapper.length > 0;
  if (changesUser) wrapper.push('--reuid', String(runner.ids.uid), '--regid', String(runner.ids.gid), '--clear-groups');
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const server = [path.join(runner.binaries, 'bin/postgres'), '-D', dataDir, '-p', String(port), ...settings.flatMap((one) => ['-c', one])];
  const [command = '', ...args] = [...runner.prefix, ...wrapper, ...server];
  return { command, args, ids: changesUser ? {} : runner.ids };
}

let setpriv: boolean | undefined;
const hasSetpriv = (): boolean => (setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0);

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
