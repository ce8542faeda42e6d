import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postmasterOf } from './data-folder.js';
import { postgresEnv, type Runner } from './runner.js';

const READY_MS = 60_000;
const GLANCE_MS = 10;

export interface Launch {
  readonly dataDir: string;
  readonly logFile: string;
  readonly durable: boolean;
  /** Shuts down cleanly when this process dies, however it dies. */
  readonly diesWithUs: boolean;
}

/** Starts PostgreSQL on 127.0.0.1 and waits until it accepts connections. Answers its pid, or null if it ended before. */
export async function launch(runner: Runner, port: number, how: Launch): Promise<number | null> {
  const { command, args, ids } = commandLine(runner, port, how);
  const output = openSync(how.logFile, 'a', 0o600);
  // A process group of its own: Ctrl-C in a terminal must reach us only.
  const child = spawn(command, args, { ...ids, env: postgresEnv(), cwd: '/', detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  for (const until = Date.now() + READY_MS; !ended && Date.now() < until; await sleep(GLANCE_MS)) {
    const found = postmasterOf(how.dataDir);
    if (found?.ready) return found.pid;
  }
  if (!ended) child.kill('SIGQUIT');
  return null;
}

function commandLine(
  runner: Runner,
  port: number,
  { dataDir, durable, diesWithUs }: Launch,
): { command: string; args: string[]; ids: Runner['ids'] } {
  const tether = diesWithUs && hasSetpriv() ? ['setpriv', '--pdeathsig', 'INT'] : [];
  // The kernel forgets the tether when the user changes after it: then setpriv changes the user itself.
  const changesUser = runner.ids.uid !== undefined && tether.length > 0;
  if (changesUser) tether.push('--reuid', String(runner.ids.uid), '--regid', String(runner.ids.gid), '--clear-groups');
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories='];
  if (!durable) options.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const server = [
    path.join(runner.binaries, 'bin/postgres'),
    '-D',
    dataDir,
    '-p',
    String(port),
    ...options.flatMap((option) => ['-c', option]),
  ];
  const [command = '', ...args] = [...runner.prefix, ...tether, ...server];
  return { command, args, ids: changesUser ? {} : runner.ids };
}

let setpriv: boolean | undefined;
const hasSetpriv = (): boolean => (setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0);

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
