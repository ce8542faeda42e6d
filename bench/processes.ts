import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const TICKS_A_SECOND = 100;
const START_MS = 30_000;
const ROOT = path.resolve(import.meta.dirname, '../..');

/** Reads the fields of `/proc/PID/stat` after the name: state, parent, … */
const stat = (pid: number | string): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
const seconds = (fields: readonly string[], first: number): number => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_A_SECOND;

/** Returns the processor time of a process in seconds, as the kernel counts it. */
export const cpuSeconds = (pid: number): number => seconds(stat(pid), 11);

/** Returns the processor time of a process with all its children, also those that have ended. */
export function familyCpuSeconds(pid: number): number {
  const own = stat(pid);
  let sum = seconds(own, 11) + seconds(own, 13);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = stat(entry);
      if (Number(fields[1]) === pid) sum += seconds(fields, 11);
    } catch {
      // The process has ended: its time is in its parent's.
    }
  }
  return sum;
}

/** Returns the resident memory of a process. */
export const rssBytes = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** A program of this repository that listens on a port of its own. */
export class ServerProcess {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** @param ready a path that answers 200 once it serves */
  static async start(program: string, port: number, env: Record<string, string>, ready: string, log: string): Promise<ServerProcess> {
    const output = openSync(log, 'a');
    const flags = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean);
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--import', path.join(ROOT, 'bench/collect-on-signal.mjs'), ...flags, path.join(ROOT, 'dist', program)],
      { env: { PATH: process.env.PATH ?? '', ...env, PORT: String(port) }, stdio: ['ignore', output, output] },
    );
    closeSync(output);
    const server = new ServerProcess(port, child);
    for (const until = Date.now() + START_MS; ; await pause(20)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`${program} did not start: see ${log}`);
      const answer = await fetch(`${server.url}${ready}`).catch(() => undefined);
      if (answer?.ok) return server;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid!;
  }

  cpu = (): number => cpuSeconds(this.pid);

  /** Returns the resident memory after a garbage collection. */
  async memory(): Promise<number> {
    this.child.kill('SIGUSR2');
    await pause(1_000);
    return rssBytes(this.pid);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 12_000);
    await exited;
    clearTimeout(timer);
  }
}

interface Reply {
  result?: unknown;
  error?: string;
}

/** A helper process that handles one request after the other. Its processor time counts neither for the server nor for the bench. */
export class Helper {
  private constructor(private readonly child: ChildProcess) {}

  static start(program: string, env: Record<string, string> = {}): Helper {
    const child = fork(path.join(ROOT, 'dist/bench', program), [], { env: { PATH: process.env.PATH ?? '', ...env } });
    return new Helper(child);
  }

  ask<T>(request: string, plan: unknown = null): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`${request}: the helper has ended`));
      this.child.once('exit', ended);
      this.child.once('message', ({ result, error }: Reply) => {
        this.child.off('exit', ended);
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${request}: ${error}`));
      });
      this.child.send({ request, plan });
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

/** Handles the requests of a {@link Helper}. */
export function serve(handlers: Record<string, (plan: never) => unknown>): void {
  process.on('message', (message: { request: string; plan: never }) => {
    Promise.resolve()
      .then(() => handlers[message.request]!(message.plan))
      .then(
        (result: unknown) => process.send!({ result }),
        (error: unknown) => process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit(0));
}
