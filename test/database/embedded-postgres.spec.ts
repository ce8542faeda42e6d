import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { isPostgresOf } from '../../src/database/embedded/processes.js';
import { AppProcess } from '../support/processes.js';
import { until } from '../support/until.js';

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

/** A data folder below one that other users cannot enter, and the processes that use it. */
class DataFolder {
  readonly running: AppProcess[] = [];

  private constructor(readonly parent: string) {}

  static async create(): Promise<DataFolder> {
    return new DataFolder(await mkdtemp(path.join(tmpdir(), 'parley-place-'))); // 0700
  }

  /** With a migrated database, as another folder has it. */
  async fillFrom({ dataDir }: DataFolder): Promise<void> {
    await mkdir(path.dirname(this.dataDir));
    await promisify(execFile)('cp', ['-a', dataDir, this.dataDir]);
  }

  get dataDir(): string {
    return path.join(this.parent, 'deep/data');
  }

  get data(): string {
    return path.join(this.dataDir, 'postgres/data');
  }

  server(env: Record<string, string> = {}): AppProcess {
    return this.track(AppProcess.server({ DATA_DIR: this.dataDir, LOG_LEVEL: 'info', ...env }));
  }

  command(...args: string[]): AppProcess {
    return this.track(AppProcess.command({ DATA_DIR: this.dataDir }, ...args));
  }

  private track(process: AppProcess): AppProcess {
    this.running.push(process);
    return process;
  }

  /** The pid and port of its PostgreSQL, from the lock file. */
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

  async remove(): Promise<void> {
    for (const process of this.running) if (process.running) await process.stop();
    await rm(this.parent, { recursive: true, force: true });
  }
}

const insertRow = `INSERT INTO server_state VALUES ('kept', 'yes') RETURNING value`;
const selectRow = `SELECT value FROM server_state WHERE key = 'kept'`;
const ROWS = [{ value: 'yes' }];

const isReady = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}/health/ready`).catch(() => null);
  return answer?.status === 200;
};

describe('the embedded PostgreSQL', () => {
  let earlier: DataFolder;
  let folder: DataFolder;
  beforeAll(async () => {
    earlier = await DataFolder.create();
    expect(await earlier.command('migrate').end()).toMatchObject({ code: 0 });
  });
  afterAll(() => earlier.remove());
  beforeEach(async () => void (folder = await DataFolder.create()));
  afterEach(() => folder.remove());

  it('starts in a folder that other users cannot enter, protects its secrets, and stops with the server', async () => {
    const server = folder.server();
    expect(await isReady(await server.url())).toBe(true);
    expect(server.stdout).toContain('/docs');
    expect(server.stdout).toMatch(/curl -X POST \S+\/v1\/auth\/register/);
    for (const file of ['postgres-password', 'jwt-secret']) expect([file, mode(path.join(folder.dataDir, file))]).toEqual([file, '600']);
    expect(mode(folder.data)).toBe('700');
    const { pid } = folder.postgres();
    const { code, signal } = await server.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(isPostgresOf(folder.data, pid)).toBe(false);
    expect(existsSync(path.join(folder.data, 'postmaster.pid'))).toBe(false);
  });

  it.each(['the server', 'PostgreSQL', 'both'] as const)('keeps all data after kill -9 of %s', async (victim) => {
    await folder.fillFrom(earlier);
    const first = folder.server();
    const url = await first.url();
    await folder.query(insertRow);
    const before = folder.postgres();
    if (victim !== 'the server') process.kill(before.pid, 'SIGKILL');
    if (victim === 'PostgreSQL') {
      // The process continues with a new PostgreSQL on the same port.
      await until(
        'another PostgreSQL',
        () => existsSync(path.join(folder.data, 'postmaster.pid')) && folder.postgres().pid !== before.pid,
        10_000,
      );
      await until('the server is ready again', () => isReady(url), 10_000);
      expect(folder.postgres().port).toBe(before.port);
    } else {
      first.kill('SIGKILL');
      await first.end();
      await folder.server().url();
    }
    expect(await folder.query(selectRow)).toEqual(ROWS);
  });

  it('ends the process with a clear line if it cannot be restarted', async () => {
    await folder.fillFrom(earlier);
    const server = folder.server();
    await server.url();
    const { pid } = folder.postgres();
    await rm(path.join(folder.data, 'global'), { recursive: true });
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await server.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The embedded PostgreSQL has ended and cannot be restarted: .*postgres\.log$/m);
  });

  it('is shared by a command, which does not stop it', async () => {
    await folder.fillFrom(earlier);
    const server = folder.server();
    const url = await server.url();
    const { pid } = folder.postgres();
    expect(await folder.command('migrate').end()).toMatchObject({ code: 0, stdout: 'no migration is pending\n' });
    expect(folder.postgres().pid).toBe(pid);
    expect(await isReady(url)).toBe(true);
  });

  it('is started by two commands at once in a new folder, and stopped by the last', async () => {
    const ends = await Promise.all([folder.command('migrate').end(), folder.command('migrate').end()]);
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    expect(existsSync(path.join(folder.data, 'postmaster.pid'))).toBe(false);
  });

  it('ignores a lock file whose pid belongs to another process', async () => {
    await folder.fillFrom(earlier);
    writeFileSync(
      path.join(folder.data, 'postmaster.pid'),
      [process.pid, folder.data, 0, 5432, '', '127.0.0.1', '', 'ready', ''].join('\n'),
    );
    const second = await EmbeddedPostgres.start({ dataDir: folder.dataDir, durable: false, stopWithProcess: true });
    expect(second.adopted).toBe(false);
    await second.stop();
  });

  it('is created again after a process was killed while creating it, and leaves no drafts', async () => {
    await mkdir(path.join(folder.dataDir, 'postgres/data.half/base'), { recursive: true });
    writeFileSync(path.join(folder.dataDir, 'postgres.lock'), '999999999 1');
    writeFileSync(path.join(folder.dataDir, 'postgres.lock.waiting'), '999999999 1');
    const server = await EmbeddedPostgres.start({ dataDir: folder.dataDir, durable: false, stopWithProcess: true });
    await server.stop();
    expect(readdirSync(path.join(folder.dataDir, 'postgres'))).toEqual(['data']);
    expect(readdirSync(folder.dataDir).sort()).toEqual(['postgres', 'postgres-holders', 'postgres-password', 'postgres.log']);
  });

  it('refuses data files of another version', async () => {
    await folder.fillFrom(earlier);
    const options = { dataDir: folder.dataDir, durable: false, stopWithProcess: true };
    writeFileSync(path.join(folder.data, 'PG_VERSION'), '17\n');
    await expect(EmbeddedPostgres.start(options)).rejects.toThrow(/was made by PostgreSQL 17, and this is \d+: run PostgreSQL 17 on it/);
  });

  it('reports that its password file is missing', async () => {
    await folder.fillFrom(earlier);
    await rm(path.join(folder.dataDir, 'postgres-password'));
    const { code, stderr } = await folder.server().end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATA_DIR cannot be used: \S+postgres-password is missing[^\n]*\n$/);
  });
});
