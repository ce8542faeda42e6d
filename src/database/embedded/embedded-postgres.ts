import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOrCreateSecret } from '../../config/stored-secret.js';
import { initialise, isInitialised, prepareFolder, waitForShutdown, SUPERUSER } from './data-folder.js';
import { FolderUsers, withFolderLock } from './folder-lock.js';
import { freePort, launch } from './launch.js';
import { isPostgresOf } from './processes.js';
import { chooseRunner, run, type Runner } from './runner.js';

const ATTEMPTS = 3;
const GLANCE_MS = 10;
const WATCH_MS = 250;

export interface EmbeddedOptions {
  /** The folder for everything; the server's own data stand in `postgres/` below it. */
  readonly dataDir: string;
  /** Off for tests alone: a crash of the machine may then cost data. */
  readonly durable?: boolean;
  /** As root: whether to try a user namespace before "nobody". */
  readonly userNamespace?: boolean;
  /** A server takes PostgreSQL down with it, even when it is killed; a command leaves it to whoever else uses it. */
  readonly keeper: boolean;
  readonly log?: (line: string) => void;
}

/**
 * The PostgreSQL that came by npm, run in a folder. It is started, or adopted when it runs there already; several
 * processes may ask at once.
 */
export class EmbeddedPostgres {
  private watch: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  private stopping = false;

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly runner: Runner,
    private readonly data: string,
    private readonly password: string,
    private current: { pid: number; port: number; adopted: boolean },
  ) {}

  /** @throws Error with one line that says what to do */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const runner = chooseRunner(options.userNamespace ?? true);
    const home = prepareFolder(path.join(path.resolve(options.dataDir), 'postgres'), runner);
    const data = path.join(home, 'data');
    return withFolderLock(lockFile(options), async () => {
      const password = openPassword(options, data);
      if (!isInitialised(data)) initialise(data, runner, password, options.durable ?? true);
      refuseOtherVersion(data, runner);
      const found = await waitForShutdown(data);
      const server = found ? { ...found, adopted: true } : await startIn(options, runner, data);
      holders(options).enter();
      options.log?.(`PostgreSQL ${found ? 'adopted' : 'started'}: pid ${server.pid}, port ${server.port}, ${data}`);
      return new EmbeddedPostgres(options, runner, data, password, server);
    });
  }

  get url(): string {
    return `postgres://${SUPERUSER}:${encodeURIComponent(this.password)}@127.0.0.1:${this.current.port}/postgres`;
  }

  get pid(): number {
    return this.current.pid;
  }

  /** It ran already; another process had started it. */
  get adopted(): boolean {
    return this.current.adopted;
  }

  /** Starts the server again whenever it dies, on the same port, so that pools find it. `lost` when that fails. */
  supervise(lost: (reason: string) => void): void {
    const look = (): void => {
      if (this.stopping || this.restarting || isPostgresOf(this.data, this.pid)) return;
      this.options.log?.('PostgreSQL has ended under us: starting it again');
      this.restarting = this.restart()
        .catch((error: unknown) => lost(error instanceof Error ? error.message : String(error)))
        .finally(() => (this.restarting = undefined));
    };
    this.watch = setInterval(look, WATCH_MS);
    this.watch.unref();
  }

  private async restart(): Promise<void> {
    await withFolderLock(lockFile(this.options), async () => {
      if (this.stopping) return;
      const found = await waitForShutdown(this.data);
      if (found && found.port !== this.current.port) throw new Error(`PostgreSQL has come back on another port (${found.port})`);
      this.current = found ? { ...found, adopted: true } : await startIn(this.options, this.runner, this.data, this.current.port);
      this.options.log?.(`PostgreSQL runs again: pid ${this.pid}, port ${this.current.port}`);
    });
  }

  /** Shuts it down, unless others use it; a keeper that started it does so in any case. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.watch);
    await this.restarting;
    await withFolderLock(lockFile(this.options), async () => {
      const circle = holders(this.options);
      circle.leave();
      const ours = this.options.keeper && !this.adopted;
      if (!ours && circle.othersAreIn()) return;
      await this.shutDown();
    });
  }

  private async shutDown(): Promise<void> {
    if (!isPostgresOf(this.data, this.pid)) return;
    process.kill(this.pid, 'SIGINT'); // "fast": open transactions are rolled back
    while (isPostgresOf(this.data, this.pid)) await sleep(GLANCE_MS); // gone, not only its lock: nobody may be left to reap it
  }
}

const lockFile = ({ dataDir }: EmbeddedOptions): string => path.join(path.resolve(dataDir), 'postgres.lock');
const holders = ({ dataDir }: EmbeddedOptions): FolderUsers => new FolderUsers(path.join(path.resolve(dataDir), 'postgres-holders'));

function openPassword({ dataDir }: EmbeddedOptions, data: string): string {
  const file = path.join(path.resolve(dataDir), 'postgres-password');
  if (isInitialised(data) && !existsSync(file)) throw new Error(`${file} is missing: without it the database in ${data} cannot be opened`);
  return loadOrCreateSecret(file);
}

/** The files of one major version cannot be read by another. */
function refuseOtherVersion(data: string, runner: Runner): void {
  const theirs = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  const ours = / (\d+)/.exec(run(runner, 'postgres', ['--version']).stdout)?.[1] ?? theirs;
  if (theirs !== ours) throw new Error(`${data} was made by PostgreSQL ${theirs}, and this is ${ours}: take the data over by DATABASE_URL`);
}

async function startIn(
  options: EmbeddedOptions,
  runner: Runner,
  dataDir: string,
  samePort?: number,
): Promise<{ pid: number; port: number; adopted: boolean }> {
  const logFile = path.join(path.resolve(options.dataDir), 'postgres.log');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const port = samePort ?? (await freePort());
    const pid = await launch(runner, port, { dataDir, logFile, durable: options.durable ?? true, diesWithUs: options.keeper });
    if (pid !== null) return { pid, port, adopted: false };
    await waitForShutdown(dataDir);
  }
  throw new Error(`the embedded PostgreSQL did not start: see ${logFile}`);
}
