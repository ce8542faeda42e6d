import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../test/support/free-port.js';
import { Database } from './database.js';
import type { ConnectPlan, LoadClient, RunPlan, RunResult } from './load.js';
import type { Finding } from './measure.js';
import { Helper, ServerProcess } from './processes.js';
import { roomId, SECRET, insertUsers, insertRooms, createBaselines, tokenOf, userId } from './fixture.js';

export interface Options {
  rounds: number;
  seconds: number;
  /** Messages of the archive (history and search). */
  messages: number;
}

/** Fifty rooms of ten users, all online. */
export const SMALL_ROOMS = { first: 1, count: 50, members: 10, users: 5_000 };
/** One busy room of a hundred. */
export const HOT_ROOM = { number: 51, members: 100, users: 5_500 };
/** One large room. */
export const LARGE_ROOM = { number: 52, members: 1_000, users: 6_000 };
/** A thousand rooms of fifty; each of five thousand users is a member of ten. */
export const MANY_ROOMS = { first: 1_001, count: 1_000, members: 50, stride: 5, users: 5_000 };

/** The results of one window: of the clients, and the processor time of the servers. */
export type Measured = RunResult & { serverCpu: number; microsPerSend: number; databaseMicros: number };

/** A new database with users and rooms, with servers and clients on ports of the loopback; all are removed at the end. */
export class Bench {
  private readonly servers: ServerProcess[] = [];
  private readonly helpers: Helper[] = [];

  private constructor(
    readonly dir: string,
    readonly database: Database,
    readonly options: Options,
  ) {}

  static async open(options: Options): Promise<Bench> {
    const dir = await mkdtemp(path.join(tmpdir(), 'parley-bench-'));
    const database = await Database.start(dir);
    const bench = new Bench(dir, database, options);
    await insertUsers(database, 7_000);
    const { first, count, members, users } = SMALL_ROOMS;
    await insertRooms(database, { first, count, members, user: `${users} + r * ${members} + p` });
    await insertRooms(database, { first: HOT_ROOM.number, count: 1, members: HOT_ROOM.members, user: `${HOT_ROOM.users} + p` });
    await insertRooms(database, { first: LARGE_ROOM.number, count: 1, members: LARGE_ROOM.members, user: `${LARGE_ROOM.users} + p` });
    const many = MANY_ROOMS;
    await insertRooms(database, { ...many, user: `(r * ${many.stride} + p) % ${many.users}` });
    await createBaselines(database);
    return bench;
  }

  async close(): Promise<void> {
    for (const helper of this.helpers) helper.stop();
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.database.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Starts the application as in production, but without rate limits. */
  startApplication(env: Record<string, string> = {}, database = this.database): Promise<ServerProcess> {
    return this.startServer('src/main.js', '/health/ready', {
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      DATABASE_URL: database.url,
      JWT_SECRET: SECRET,
      RATE_LIMIT: 'off',
      DATA_DIR: path.join(this.dir, 'data'),
      ...env,
    });
  }

  startBaseline(program: 'handwritten-server' | 'plain-socketio-server', env: Record<string, string> = {}): Promise<ServerProcess> {
    return this.startServer(`bench/${program}.js`, '/health', { DATABASE_URL: this.database.url, ...env });
  }

  startHelper(program: 'load' | 'writer' | 'http-load', env: Record<string, string> = {}): Helper {
    const helper = Helper.start(`${program}.js`, env);
    this.helpers.push(helper);
    return helper;
  }

  /** Starts the application's writer without sockets. */
  startWriter(database = this.database): Helper {
    return this.startHelper('writer', {
      DATABASE_URL: database.url,
      DATA_DIR: path.join(this.dir, 'data'),
      LOG_LEVEL: 'silent',
      RATE_LIMIT: 'off',
    });
  }

  async stopAll(server: ServerProcess, ...helpers: Helper[]): Promise<void> {
    for (const helper of helpers) helper.stop();
    await server.stop();
  }

  private async startServer(program: string, ready: string, env: Record<string, string>): Promise<ServerProcess> {
    const log = path.join(this.dir, `${path.basename(program)}.log`);
    const server = await ServerProcess.start(program, await freePort(), env, ready, log);
    this.servers.push(server);
    return server;
  }
}

/** Clients in a process of their own, connected to one or more servers. */
export class ClientGroup {
  private constructor(
    readonly helper: Helper,
    private readonly servers: readonly ServerProcess[],
    private readonly database: Database,
  ) {}

  static async connect(bench: Bench, servers: readonly ServerProcess[], plan: ConnectPlan): Promise<ClientGroup> {
    const helper = bench.startHelper('load');
    await helper.ask('connect', plan);
    return new ClientGroup(helper, servers, bench.database);
  }

  /** Warms up, measures once, ends. */
  async measure(plan: RunPlan, seconds: number): Promise<Measured> {
    await this.helper.ask('start', plan);
    const measured = await this.window(seconds);
    await this.helper.ask('end');
    return measured;
  }

  /** Measures one window of a run that was started. */
  async window(seconds: number): Promise<Measured> {
    const cpu = (): number => this.servers.reduce((sum, server) => sum + server.cpu(), 0);
    const before = { servers: cpu(), database: this.database.cpu() };
    const result = await this.helper.ask<RunResult>('measure', seconds);
    const used = cpu() - before.servers;
    const micros = (spent: number): number => (spent / (result.ackedPerSecond * seconds)) * 1e6;
    return {
      ...result,
      serverCpu: used / seconds,
      microsPerSend: micros(used),
      databaseMicros: micros(this.database.cpu() - before.database),
    };
  }

  stop(): void {
    this.helper.stop();
  }
}

type Dialect = 'parley' | 'plain';
export const READY_EVENT: Record<Dialect, string | null> = { parley: 'ready', plain: null };

/** A member of a room, as a client of one of the servers. */
export const client = (dialect: Dialect, server: ServerProcess, user: number, room: number): LoadClient => ({
  port: server.port,
  token: dialect === 'parley' ? tokenOf(user) : `${userId(user)} ${roomId(room)}`,
  roomId: roomId(room),
});

/** All members of the fifty rooms. Senders are chosen evenly, so that each is in another room. */
export const clientsOfSmallRooms = (dialect: Dialect, server: ServerProcess): LoadClient[] =>
  Array.from({ length: SMALL_ROOMS.count * SMALL_ROOMS.members }, (_, index) => {
    const room = Math.floor(index / SMALL_ROOMS.members);
    return client(dialect, server, SMALL_ROOMS.users + index, SMALL_ROOMS.first + room);
  });

/** All members of the busy room, spread over the servers. */
export const clientsOfHotRoom = (dialect: Dialect, ...servers: ServerProcess[]): LoadClient[] =>
  Array.from({ length: HOT_ROOM.members }, (_, index) =>
    client(dialect, servers[index % servers.length]!, HOT_ROOM.users + index, HOT_ROOM.number),
  );

/** Runs and reports all rounds; within a round, what is compared is measured in turn. */
export async function interleave(bench: Bench, name: string, round: () => Promise<void>): Promise<void> {
  for (let number = 1; number <= bench.options.rounds; number++) {
    await round();
    console.error(`  ${name}: round ${number} of ${bench.options.rounds}`);
  }
}

export interface Case {
  name: string;
  about: string;
  run(bench: Bench): Promise<Finding[]>;
}
