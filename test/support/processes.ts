import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from './until.js';

const DIST = path.resolve(import.meta.dirname, '../../src');

export type Environment = Record<string, string>;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The compiled application as a process of its own, with no environment but what it is given. */
export class AppProcess {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown[]>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.on('data', (text) => (this.stdout += text));
    child.stderr!.on('data', (text) => (this.stderr += text));
    this.ended = once(child, 'close');
  }

  /** `node dist/src/main.js` */
  static server(env: Environment): AppProcess {
    return AppProcess.start('main.js', [], { PORT: '0', LOG_LEVEL: 'warn', ...env });
  }

  /** `npm run manage -- …` without npm */
  static command(env: Environment, ...args: string[]): AppProcess {
    return AppProcess.start('manage.js', args, env);
  }

  private static start(file: string, args: string[], env: Environment): AppProcess {
    const child = spawn(process.execPath, [path.join(DIST, file), ...args], {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new AppProcess(child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The address that the server printed. */
  async url(): Promise<string> {
    return until(
      'that the server listens',
      () => {
        if (!this.running) throw new Error(`the server has ended: ${this.stderr}`);
        return /listens on (\S+)/.exec(this.stdout)?.[1];
      },
      30_000,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<Ended> {
    const [code, signal] = (await this.ended) as [number | null, string | null];
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  /** Ends it as an operator would, if it still runs. */
  async stop(): Promise<Ended> {
    if (this.running) this.kill('SIGTERM');
    return this.end();
  }
}
