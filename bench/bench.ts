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

/** Fifty rooms of ten people, all online. */
export const SMALL_ROOMS = { first: 1, count: 50, members: 10, people: 5_000 };
/** One busy room of a hundred. */
export const HOT_ROOM = { number: 51, members: 100, people: 5_500 };
/** One large room. */
export const LARGE_ROOM = { number: 52, members: 1_000, people: 6_000 };
/** A thousand rooms of fifty: each of five thousand people sits in ten. */
export const MANY_ROOMS = { first: 1_001, count: 1_000, members: 50, stride: 5, people: 5_000 };

/** Measured in one window: what the clients saw, and what the servers used. */
export type Measured = RunResult & { serverCpu: number; microsPerSend: number; databaseMicros: number };

/** A clean place: a database with people and rooms in it, servers and clients on ports of the loopback, all gone at the end. */
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
    const { first, count, members, people } = SMALL_ROOMS;
    await insertRooms(database, { first, count, members, person: `${people} + r * ${members} + p` });
    await insertRooms(database, { first: HOT_ROOM.number, count: 1, members: HOT_ROOM.members, person: `${HOT_ROOM.people} + p` });
    await insertRooms(database, { first: LARGE_ROOM.number, count: 1, members: LARGE_ROOM.members, person: `${LARGE_ROOM.people} + p` });
    const many = MANY_ROOMS;
    await insertRooms(database, { ...many, person: `(r * ${many.stride} + p) % ${many.people}` });
    await createBaselines(database);
    return bench;
  }

  async close(): Promise<void> {
    for (const helper of this.helpers) helper.stop();
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.database.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** The application as it runs in production, but without budgets: one person may send as fast as they can. */
  application(env: Record<string, string> = {}, database = this.database): Promise<ServerProcess> {
    return this.server('src/main.js', '/health/ready', {
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

  yardstick(program: 'by-hand' | 'bare', env: Record<string, string> = {}): Promise<ServerProcess> {
    return this.server(`bench/${program}.js`, '/health', { DATABASE_URL: this.database.url, ...env });
  }

  helper(program: 'load' | 'writer' | 'http-load', env: Record<string, string> = {}): Helper {
    const helper = Helper.start(`${program}.js`, env);
    this.helpers.push(helper);
    return helper;
  }

  /** The writer of the application without sockets. */
  writer(database = this.database): Helper {
    return this.helper('writer', {
      DATABASE_URL: database.url,
      DATA_DIR: path.join(this.dir, 'data'),
      LOG_LEVEL: 'silent',
      RATE_LIMIT: 'off',
    });
  }

  async forget(server: ServerProcess, ...helpers: Helper[]): Promise<void> {
    for (const helper of helpers) helper.stop();
    await server.stop();
  }

  private async server(program: string, ready: string, env: Record<string, string>): Promise<ServerProcess> {
    const log = path.join(this.dir, `${path.basename(program)}.log`);
    const server = await ServerProcess.start(program, await freePort(), env, ready, log);
    this.servers.push(server);
    return server;
  }
}

/** Clients in a process of their own, connected to some servers. */
export class ClientGroup {
  private constructor(
    readonly helper: Helper,
    private readonly servers: readonly ServerProcess[],
    private readonly database: Database,
  ) {}

  static async gather(bench: Bench, servers: readonly ServerProcess[], plan: ConnectPlan): Promise<ClientGroup> {
    const helper = bench.helper('load');
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

  /** One window of what was started. */
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
export const GREETING: Record<Dialect, string | null> = { parley: 'ready', plain: null };

/** Member n of some room, as a client of one of the servers. */
export const client = (dialect: Dialect, server: ServerProcess, person: number, room: number): LoadClient => ({
  port: server.port,
  token: dialect === 'parley' ? tokenOf(person) : `${userId(person)} ${roomId(room)}`,
  roomId: roomId(room),
});

/** Everybody of the fifty rooms; who sends first stands in another room each. */
export const everybodyInSmallRooms = (dialect: Dialect, server: ServerProcess): LoadClient[] =>
  Array.from({ length: SMALL_ROOMS.count * SMALL_ROOMS.members }, (_, index) => {
    const room = Math.floor(index / SMALL_ROOMS.members);
    return client(dialect, server, SMALL_ROOMS.people + index, SMALL_ROOMS.first + room);
  });

/** Everybody of the busy room, spread over the servers. */
export const everybodyInHotRoom = (dialect: Dialect, ...servers: ServerProcess[]): LoadClient[] =>
  Array.from({ length: HOT_ROOM.members }, (_, index) =>
    client(dialect, servers[index % servers.length]!, HOT_ROOM.people + index, HOT_ROOM.number),
  );

/** Runs `round` as often as asked, one thing after the other within each, and says so. */
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
