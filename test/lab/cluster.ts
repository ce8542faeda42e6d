import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { freePort } from '../support/free-port.js';
import { Nginx } from '../support/nginx.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

/** One process of the application as in production: the compiled main, on a port of its own. */
export class ServerProcess {
  private child?: ChildProcess;

  constructor(
    readonly name: string,
    readonly port: number,
    private readonly env: Record<string, string>,
    private readonly logFile: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    if (this.running) return;
    const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...this.env, PORT: String(this.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.child = child;
    await until(`${this.name} ready`, () => this.isReady(), 30_000);
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends the process with a signal. Returns its exit code, null after a kill. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (!child || !this.running) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  private async isReady(): Promise<boolean> {
    if (!this.running) throw new Error(`${this.name} ended while it started: see ${this.logFile}`);
    return fetch(`${this.url}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
  }
}

/** PostgreSQL, Redis, nginx and several processes of the application, on ports of the loopback; all are removed at the end. */
export class Cluster {
  private constructor(
    readonly dir: string,
    readonly postgres: EmbeddedPostgres,
    readonly redis: RedisServer,
    readonly processes: readonly ServerProcess[],
    readonly nginx: Nginx,
  ) {}

  /** @param size two or three processes; nginx is the proxy of the first two */
  static async start(size = 2, env: Record<string, string> = {}): Promise<Cluster> {
    const dir = await mkdtemp(path.join(tmpdir(), 'parley-lab-'));
    await mkdir(path.join(dir, 'database'));
    const postgres = await EmbeddedPostgres.start({ dataDir: path.join(dir, 'database'), stopWithProcess: true });
    postgres.supervise((reason) => process.emitWarning(`PostgreSQL is lost: ${reason}`));
    const redis = await RedisServer.start();
    const environment = {
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      JWT_SECRET: randomUUID() + randomUUID(),
      S3_BUCKET: '',
      RATE_LIMIT: 'off',
      TRUST_PROXY: '1',
      DATA_DIR: path.join(dir, 'data'),
      ...env,
    };
    const processes: ServerProcess[] = [];
    for (let index = 0; index < size; index++) {
      processes.push(new ServerProcess(`process ${index + 1}`, await freePort(), environment, path.join(dir, `process-${index + 1}.log`)));
    }
    await Promise.all(processes.map((one) => one.start()));
    const nginx = await Nginx.start(processes.map(({ port }) => port));
    return new Cluster(dir, postgres, redis, processes, nginx);
  }

  /** The address of nginx, for clients. */
  get url(): string {
    return this.nginx.url;
  }

  processAt(index: number): ServerProcess {
    const found = this.processes[index % this.processes.length];
    if (!found) throw new Error('the cluster has no process');
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.stop('SIGKILL')));
    await this.nginx.stop();
    await this.redis.stop();
    await this.postgres.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
