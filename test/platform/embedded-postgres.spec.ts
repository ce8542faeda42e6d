import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { isPostgresOf } from '../../src/database/embedded/processes.js';
import { AppProcess } from '../support/processes.js';
import { until } from '../support/until.js';

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

/** A data folder, in a place that others cannot enter, and the processes that work in it. */
class Place {
  readonly running: AppProcess[] = [];

  private constructor(readonly parent: string) {}

  static async make(): Promise<Place> {
    return new Place(await mkdtemp(path.join(tmpdir(), 'parley-place-'))); // 0700
  }

  get dataDir(): string {
    return path.join(this.parent, 'deep/data');
  }

  get data(): string {
    return path.join(this.dataDir, 'postgres/data');
  }

  server(env: Record<string, string> = {}): AppProcess {
    return this.watch(AppProcess.server({ DATA_DIR: this.dataDir, LOG_LEVEL: 'info', ...env }));
  }

  command(...args: string[]): AppProcess {
    return this.watch(AppProcess.command({ DATA_DIR: this.dataDir }, ...args));
  }

  private watch(process: AppProcess): AppProcess {
    this.running.push(process);
    return process;
  }

  /** The process and the port of its PostgreSQL, by its own lock file. */
  postgres(): { pid: number; port: number } {
    const lines = readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    const password = readFileSync(path.join(this.dataDir, 'postgres-password'), 'utf8').trim();
    const client = new pg.Client({ host: '127.0.0.1', port: this.postgres().port, user: 'parley', password, database: 'postgres' });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async leave(): Promise<void> {
    for (const process of this.running) if (process.running) await process.stop();
    await rm(this.parent, { recursive: true, force: true });
  }
}

const remember = `INSERT INTO server_state VALUES ('kept', 'yes') RETURNING value`;
const recall = `SELECT value FROM server_state WHERE key = 'kept'`;
const YES = [{ value: 'yes' }];

const isReady = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}/health/ready`).catch(() => null);
  return answer?.status === 200;
};

describe('the embedded PostgreSQL', () => {
  let place: Place;
  beforeEach(async () => void (place = await Place.make()));
  afterEach(() => place.leave());

  it('starts in a folder that others cannot enter, keeps its secrets to the owner, and stops with the server', async () => {
    const server = place.server();
    expect(await isReady(await server.url())).toBe(true);
    expect(server.stdout).toContain('/docs');
    expect(server.stdout).toMatch(/curl -X POST \S+\/v1\/auth\/register/);
    for (const file of ['postgres-password', 'jwt-secret']) expect([file, mode(path.join(place.dataDir, file))]).toEqual([file, '600']);
    expect(mode(place.data)).toBe('700');
    const { pid } = place.postgres();
    const { code, signal } = await server.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(isPostgresOf(place.data, pid)).toBe(false);
    expect(existsSync(path.join(place.data, 'postmaster.pid'))).toBe(false);
  });

  it.each(['the server', 'PostgreSQL', 'both'] as const)('keeps all data through kill -9 of %s', async (victim) => {
    const first = place.server();
    const url = await first.url();
    await place.query(remember);
    const before = place.postgres();
    if (victim !== 'the server') process.kill(before.pid, 'SIGKILL');
    if (victim === 'PostgreSQL') {
      // The same process goes on, with a new PostgreSQL on the old port.
      await until(
        'another PostgreSQL',
        () => existsSync(path.join(place.data, 'postmaster.pid')) && place.postgres().pid !== before.pid,
        10_000,
      );
      await until('that the server is ready again', () => isReady(url), 10_000);
      expect(place.postgres().port).toBe(before.port);
    } else {
      first.kill('SIGKILL');
      await first.end();
      await place.server().url();
    }
    expect(await place.query(recall)).toEqual(YES);
  });

  it('ends the process with a clear line when PostgreSQL cannot be started again', async () => {
    const server = place.server();
    await server.url();
    const { pid } = place.postgres();
    await rm(path.join(place.data, 'global'), { recursive: true });
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await server.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The embedded PostgreSQL is gone and cannot be started again: .*postgres\.log$/m);
  });

  it('is adopted by a command, which leaves it running', async () => {
    const server = place.server();
    const url = await server.url();
    const { pid } = place.postgres();
    expect(await place.command('migrate').end()).toMatchObject({ code: 0, stdout: 'nothing is pending\n' });
    expect(place.postgres().pid).toBe(pid);
    expect(await isReady(url)).toBe(true);
  });

  it('is started by commands too, at once on a new folder, and stopped by the last', async () => {
    const ends = await Promise.all([place.command('migrate').end(), place.command('migrate').end()]);
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    expect(existsSync(path.join(place.data, 'postmaster.pid'))).toBe(false);
  });

  it('takes no notice of a lock whose number belongs to another process now', async () => {
    const first = await EmbeddedPostgres.start({ dataDir: place.dataDir, durable: false, keeper: true });
    await first.stop();
    writeFileSync(path.join(place.data, 'postmaster.pid'), [process.pid, place.data, 0, 5432, '', '127.0.0.1', '', 'ready', ''].join('\n'));
    const second = await EmbeddedPostgres.start({ dataDir: place.dataDir, durable: false, keeper: true });
    expect(second.adopted).toBe(false);
    await second.stop();
  });

  it('is made anew when the process was killed while it was being made, and leaves no rest of that', async () => {
    await mkdir(path.join(place.dataDir, 'postgres/data.half/base'), { recursive: true });
    writeFileSync(path.join(place.dataDir, 'postgres.lock'), '999999999 1');
    writeFileSync(path.join(place.dataDir, 'postgres.lock.waiting'), '999999999 1');
    const server = await EmbeddedPostgres.start({ dataDir: place.dataDir, durable: false, keeper: true });
    await server.stop();
    expect(readdirSync(path.join(place.dataDir, 'postgres'))).toEqual(['data']);
    expect(readdirSync(place.dataDir).sort()).toEqual(['postgres', 'postgres-holders', 'postgres-password', 'postgres.log']);
  });

  it('refuses files of another version', async () => {
    const options = { dataDir: place.dataDir, durable: false, keeper: true };
    await (await EmbeddedPostgres.start(options)).stop();
    writeFileSync(path.join(place.data, 'PG_VERSION'), '17\n');
    await expect(EmbeddedPostgres.start(options)).rejects.toThrow(/was made by PostgreSQL 17, and this is \d+: take the data over/);
  });

  it('says so when its password has been removed', async () => {
    const first = await EmbeddedPostgres.start({ dataDir: place.dataDir, durable: false, keeper: true });
    await first.stop();
    await rm(path.join(place.dataDir, 'postgres-password'));
    const { code, stderr } = await place.server().end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATA_DIR cannot be used: \S+postgres-password is gone[^\n]*\n$/);
  });
});
