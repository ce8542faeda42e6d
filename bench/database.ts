import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { loadSettings } from '../src/config/settings.js';
import { migrate } from '../src/database/migrate.js';
import { EmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js';
import { needProgram } from '../test/support/debian.js';
import { familyCpuSeconds } from './processes.js';

/** The rate of pgbench, and the processor time of PostgreSQL for one transaction. */
export interface Baseline {
  perSecond: number;
  micros: number;
}

/** A durable PostgreSQL, started as the application starts its embedded one, with pgbench beside it. */
export class Database {
  private constructor(
    private readonly server: EmbeddedPostgres,
    private readonly dir: string,
    readonly url: string,
    private readonly pool: pg.Pool,
  ) {}

  static async start(dir: string): Promise<Database> {
    needProgram('pgbench', 'postgresql');
    const dataDir = path.join(dir, 'database');
    await mkdir(dataDir, { recursive: true });
    const server = await EmbeddedPostgres.start({ dataDir, stopWithProcess: true });
    return Database.open(server, dir, 'bench');
  }

  private static async open(server: EmbeddedPostgres, dir: string, name: string): Promise<Database> {
    const admin = new pg.Client(server.url);
    await admin.connect();
    const { rowCount } = await admin.query(`SELECT FROM pg_database WHERE datname = $1`, [name]);
    if (!rowCount) await admin.query(`CREATE DATABASE ${name}`);
    await admin.end();
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    await migrate(loadSettings({ DATABASE_URL: url.href, DATA_DIR: dir, LOG_LEVEL: 'silent' }));
    return new Database(server, dir, url.href, new pg.Pool({ connectionString: url.href, max: 2 }));
  }

  /** Opens another database of the same server. */
  openOther(name: string): Promise<Database> {
    return Database.open(this.server, this.dir, name);
  }

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, parameters)).rows;
  }

  /** Returns the processor time of all processes of PostgreSQL, in seconds. */
  cpu = (): number => familyCpuSeconds(this.server.pid);

  /** Runs a script on many connections at once, on each again and again. */
  async pgbench(script: string, clients: number, seconds: number): Promise<Baseline> {
    const { hostname, port, username, password, pathname } = new URL(this.url);
    const file = path.join(this.dir, 'pgbench.sql');
    await writeFile(file, script);
    const before = this.cpu();
    const child = spawn(
      'pgbench',
      [
        '-n',
        '-M',
        'prepared',
        '-c',
        String(clients),
        '-j',
        '2',
        '-T',
        String(seconds),
        '-f',
        file,
        '-h',
        hostname,
        '-p',
        port,
        '-U',
        username,
      ].concat(pathname.slice(1)),
      { env: { PATH: process.env.PATH, PGPASSWORD: decodeURIComponent(password) }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    let errors = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (errors += text));
    await once(child, 'close');
    const tps = /tps = ([\d.]+) \(without/.exec(output)?.[1];
    if (!tps) throw new Error(`pgbench: ${errors || output}`);
    return { perSecond: Number(tps), micros: ((this.cpu() - before) / (Number(tps) * seconds)) * 1e6 };
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** Stops the server, too. */
  async stop(): Promise<void> {
    await this.close();
    await this.server.stop();
  }
}
