import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from '../../common/files.js';
import { messageOf } from '../../common/thrown.js';
import { loadOrCreateSecret } from '../../config/stored-secret.js';
import { initialise, isInitialised, prepareFolder, SUPERUSER, waitForShutdown } from './data-folder.js';
import { FolderUsers, withFolderLock } from './folder-lock.js';
import { findFreePort, launch } from './launch.js';
import { isPostgresOf } from './processes.js';
import { chooseRunner, runProgram, type Runner } from './runner.js';

const MAX_ATTEMPTS = 3;
const POLL_MS = 10;
const SUPERVISE_MS = 250;

export interface EmbeddedOptions {
  /** An absolute path. Passwords and locks are here, the data of the server in `postgres/` below it. */
  readonly dataDir: string;
  /** Off only for tests: a crash of the machine may then lose data. */
  readonly durable?: boolean;
  /** For root: whether to try a user namespace before "nobody". */
  readonly userNamespace?: boolean;
  /** PostgreSQL stops with the process that started it, even if that is killed (servers); otherwise its last user stops it (commands). */
  readonly stopWithProcess: boolean;
  readonly log?: (line: string) => void;
}

interface Server {
  readonly pid: number;
  readonly port: number;
  /** It was running; another process had started it. */
  readonly adopted: boolean;
}

/** The PostgreSQL of an npm package, in a folder of the application. Several processes may start it at once, and share it. */
export class EmbeddedPostgres {
  private readonly users: FolderUsers;
  private supervision: NodeJS.Timeout | undefined;
  private restarting: Promise<void> | undefined;
  private stopping = false;

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly runner: Runner,
    private readonly data: string,
    private readonly password: string,
    private server: Server,
  ) {
    this.users = new FolderUsers(path.join(options.dataDir, 'postgres-holders'));
  }

  /** @throws Error with the reason and the remedy in one line */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const { dataDir, log, durable = true, userNamespace = true } = options;
    const runner = chooseRunner(userNamespace);
    const data = path.join(prepareFolder(path.join(dataDir, 'postgres'), runner), 'data');
    return withFolderLock(lockFile(options), async () => {
      const password = loadPassword(dataDir, data);
      if (!isInitialised(data)) initialise(data, runner, password, durable);
      requireSameVersion(data, runner);
      const server = await adoptOrLaunch(options, runner, data);
      const postgres = new EmbeddedPostgres(options, runner, data, password, server);
      postgres.users.addSelf();
      log?.(`PostgreSQL ${server.adopted ? 'adopted' : 'started'}: pid ${server.pid}, port ${server.port}, ${data}`);
      return postgres;
    });
  }

  get url(): string {
    return `postgres://${SUPERUSER}:${encodeURIComponent(this.password)}@127.0.0.1:${this.server.port}/postgres`;
  }

  get pid(): number {
    return this.server.pid;
  }

  get adopted(): boolean {
    return this.server.adopted;
  }

  /** Restarts the server whenever it ends, on the same port, so that pools reconnect. Calls `onLost` if that fails. */
  supervise(onLost: (reason: string) => void): void {
    const check = (): void => {
      if (this.stopping || this.restarting || this.isRunning()) return;
      this.options.log?.('The embedded PostgreSQL has ended; restarting it');
      this.restarting = this.restart()
        .catch((error: unknown) => onLost(messageOf(error)))
        .finally(() => (this.restarting = undefined));
    };
    this.supervision = setInterval(check, SUPERVISE_MS).unref();
  }

  private async restart(): Promise<void> {
    await withFolderLock(lockFile(this.options), async () => {
      if (this.stopping) return;
      const server = await adoptOrLaunch(this.options, this.runner, this.data, this.server.port);
      if (server.port !== this.server.port) throw new Error(`PostgreSQL was restarted on another port (${server.port})`);
      this.server = server;
      this.options.log?.(`The embedded PostgreSQL runs again: pid ${this.pid}, port ${server.port}`);
    });
  }

  /** Stops the server, unless other processes use it. A process with `stopWithProcess` that started it stops it in any case. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.supervision);
    await this.restarting;
    await withFolderLock(lockFile(this.options), async () => {
      const hasOthers = this.users.removeSelf();
      if (hasOthers && (this.adopted || !this.options.stopWithProcess)) return;
      await this.shutDown();
    });
  }

  private async shutDown(): Promise<void> {
    if (!this.isRunning()) return;
    process.kill(this.pid, 'SIGINT'); // "fast": rolls open transactions back
    while (this.isRunning()) await sleep(POLL_MS); // until it is gone: afterwards no parent may be left to reap it
  }

  private isRunning(): boolean {
    return isPostgresOf(this.data, this.pid);
  }
}

const lockFile = ({ dataDir }: EmbeddedOptions): string => path.join(dataDir, 'postgres.lock');

function loadPassword(dataDir: string, data: string): string {
  const file = path.join(dataDir, 'postgres-password');
  if (isInitialised(data) && !existsSync(file)) throw new Error(`${file} is missing: without it the database in ${data} cannot be opened`);
  return loadOrCreateSecret(file);
}

/** One major version cannot read the files of another. */
function requireSameVersion(data: string, runner: Runner): void {
  const version = readText(path.join(data, 'PG_VERSION')).trim();
  const own = / (\d+)/.exec(runProgram(runner, 'postgres', ['--version']).stdout)?.[1] ?? version;
  if (version !== own)
    throw new Error(`${data} was made by PostgreSQL ${version}, and this is ${own}: run PostgreSQL ${version} on it, and set DATABASE_URL`);
}

async function adoptOrLaunch(options: EmbeddedOptions, runner: Runner, data: string, samePort?: number): Promise<Server> {
  const logFile = path.join(options.dataDir, 'postgres.log');
  const { durable = true, stopWithProcess } = options;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const running = await waitForShutdown(data);
    if (running) return { ...running, adopted: true };
    const port = samePort ?? (await findFreePort());
    const pid = await launch(runner, port, { dataDir: data, logFile, durable, stopWithProcess });
    if (pid !== null) return { pid, port, adopted: false };
  }
  throw new Error(`the embedded PostgreSQL did not start: see ${logFile}`);
}
