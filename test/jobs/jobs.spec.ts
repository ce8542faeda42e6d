import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ProcessRole } from '../../src/config/process-role.js';
import { loadSettings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Transactions } from '../../src/database/transactions.js';
import { Job } from '../../src/jobs/job.entity.js';
import { JobQueue } from '../../src/jobs/job-queue.js';
import { JobRegistry } from '../../src/jobs/job-registry.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { startApp } from '../support/app.js';
import { type FreshDatabase, freshDatabase } from '../support/database.js';
import { until } from '../support/until.js';

// The log of failing jobs is expected here.
Logger.overrideLogger(false);

/** One process of several on one database. */
class Process {
  readonly transactions: Transactions;
  readonly jobs: Jobs;
  private readonly runner: JobRunner;

  private constructor(
    private readonly dataSource: DataSource,
    role: ProcessRole,
  ) {
    this.transactions = new Transactions(dataSource);
    const queue = new JobQueue(this.transactions);
    const registry = new JobRegistry();
    this.runner = new JobRunner(queue, registry, role);
    this.jobs = new Jobs(queue, registry, this.runner, this.transactions);
  }

  static async open(url: string, role = ProcessRole.server): Promise<Process> {
    const settings = loadSettings({ DATABASE_URL: url, JWT_SECRET: 'test' });
    return new Process(await new DataSource({ ...dataSourceOptions(settings), entities: [Job] }).initialize(), role);
  }

  start(): void {
    this.runner.onApplicationBootstrap();
  }

  stop(): Promise<void> {
    this.runner.onModuleDestroy();
    return this.runner.beforeApplicationShutdown();
  }

  sql<Row = Record<string, unknown>>(text: string, parameters?: unknown[]): Promise<Row[]> {
    return this.transactions.query<Row>(text, parameters);
  }

  /** Makes every job due. */
  async makeAllDue(): Promise<void> {
    await this.sql(`UPDATE jobs SET run_at = now() - interval '1 s' WHERE failed_at IS NULL`);
    this.runner.checkNow();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.dataSource.destroy();
  }
}

describe('jobs', () => {
  const processes: Process[] = [];
  let database: FreshDatabase;
  const open = async (role?: ProcessRole) => {
    const one = await Process.open(database.url, role);
    processes.push(one);
    return one;
  };
  const untilEmpty = (one: Process) => until('no job is left', async () => (await one.sql('SELECT 1 FROM jobs')).length === 0);

  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.close()));
    await database.drop();
  });

  it('run with their payload right after the commit, and are deleted', async () => {
    const one = await open();
    const seen: unknown[] = [];
    one.jobs.handle('notify', async (payload, { attempt }) => void seen.push([payload, attempt]));
    one.start();
    const began = performance.now();
    for (let times = 1; times <= 6; times++) {
      await one.transactions.run(async () => {
        await one.jobs.enqueue('notify', { name: 'Ana', list: [1, null] });
        expect(await one.sql('SELECT 1 FROM jobs')).toHaveLength(1);
      });
      await until('the job has run', () => seen.length === times);
      await untilEmpty(one);
    }
    // By polling alone each would wait for more than a second.
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(seen).toEqual(Array(6).fill([{ name: 'Ana', list: [1, null] }, 1]));
  });

  it('do not run after a rollback', async () => {
    const one = await open();
    const seen: unknown[] = [];
    one.jobs.handle('notify', async (payload) => void seen.push(payload));
    one.start();
    const work = one.transactions.run(async () => {
      await one.jobs.enqueue('notify', { name: 'nobody' });
      throw new Error('rolled back');
    });
    await expect(work).rejects.toThrow('rolled back');
    await one.jobs.enqueue('notify', { name: 'Ana' });
    await until('the job has run', () => seen.length > 0);
    expect(seen).toEqual([{ name: 'Ana' }]);
  });

  it('run in another process within two seconds', async () => {
    const [one, two] = [await open(), await open()];
    const seen: unknown[] = [];
    two.jobs.handle('notify', async (payload) => void seen.push(payload));
    two.start();
    await one.jobs.enqueue('notify', {});
    await until('the job has run', () => seen.length > 0, 2_500);
  });

  it('run once each across all processes', async () => {
    const three = [await open(), await open(), await open()];
    const seen: unknown[] = [];
    for (const one of three) {
      one.jobs.handle('count', async ({ n }) => void seen.push(n));
      one.start();
    }
    const numbers = Array.from({ length: 150 }, (_, n) => n);
    await Promise.all(numbers.map((n) => three[n % 3]!.jobs.enqueue('count', { n })));
    await untilEmpty(three[0]!);
    expect([...seen].sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
  });

  it('wait for their runAt', async () => {
    const one = await open();
    const seen: unknown[] = [];
    one.jobs.handle('later', async () => void seen.push('later'));
    one.jobs.handle('now', async () => void seen.push('now'));
    one.start();
    await one.jobs.enqueue('later', {}, { runAt: new Date(Date.now() + 3_600_000) });
    await one.jobs.enqueue('now', {});
    await until('now has ended', async () => seen.length > 0 && (await one.jobs.counts()).running === 0);
    expect(seen).toEqual(['now']);
    expect(await one.jobs.counts()).toMatchObject({ waiting: 1, running: 0, failed: 0, lateSeconds: 0 });
    await one.makeAllDue();
    await until('later', () => seen.length > 1);
  });

  it('run step by step, with other jobs in between', async () => {
    const one = await open();
    const seen: string[] = [];
    one.jobs.handle<{ left: number }>('long', async ({ left }, { attempt }) => {
      seen.push(`long ${left} ${attempt}`);
      if (left === 3) await one.jobs.enqueue('short', {});
      return left > 1 ? { again: { left: left - 1 } } : undefined;
    });
    one.jobs.handle('short', async () => void seen.push('short'));
    one.start();
    await one.jobs.enqueue('long', { left: 4 });
    await untilEmpty(one);
    expect(seen.filter((word) => word !== 'short')).toEqual(['long 4 1', 'long 3 1', 'long 2 1', 'long 1 1']);
    expect(seen.indexOf('short')).toBeLessThan(seen.length - 1);
  });

  it('are retried after increasing delays, and fail after the tenth attempt', async () => {
    const one = await open();
    const attempts: number[] = [];
    one.jobs.handle('weak', async (_, { attempt }) => {
      attempts.push(attempt);
      throw new Error(`no luck\0 ${attempt}`);
    });
    one.start();
    await one.jobs.enqueue('weak', {});
    const delays: number[] = [];
    for (let round = 1; round <= 10; round++) {
      const row = await until('the failure', async () => {
        const [found] = await one.sql<{ seconds: number }>(
          `SELECT extract(epoch FROM run_at - now())::float8 AS seconds FROM jobs WHERE attempts = $1 AND last_error IS NOT NULL AND locked_until IS NULL`,
          [round],
        );
        return found;
      });
      delays.push(row.seconds);
      await one.makeAllDue();
    }
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(delays[0]).toBeLessThan(3);
    expect(delays[8]).toBeGreaterThan(300);
    expect(await one.jobs.counts()).toMatchObject({ waiting: 0, failed: 1 });
    expect(await one.sql('SELECT last_error, failed_at IS NOT NULL AS failed FROM jobs')).toEqual([
      { last_error: 'no luck 10', failed: true },
    ]);
  }, 60_000);

  it('of an ended process run elsewhere; a job that ends its process every time fails', async () => {
    const one = await open();
    const seen: number[] = [];
    one.jobs.handle('orphan', async (_, { attempt }) => void seen.push(attempt));
    one.jobs.handle('deadly', async () => void seen.push(-1));
    const dead = `INSERT INTO jobs (id, kind, attempts, locked_until) VALUES (gen_random_uuid(), $1, $2, now() - interval '1 s')`;
    await one.sql(dead, ['orphan', 1]);
    await one.sql(dead, ['deadly', 10]);
    const held = `INSERT INTO jobs (id, kind, attempts, locked_until) VALUES (gen_random_uuid(), 'orphan', 1, now() + interval '1 h')`;
    await one.sql(held);
    one.start();
    await until('one has failed', async () => (await one.jobs.counts()).failed === 1);
    await until('the orphan has ended', async () => seen.length > 0 && (await one.jobs.counts()).running === 1);
    expect(seen).toEqual([2]);
    expect(await one.jobs.counts()).toMatchObject({ waiting: 0, running: 1, failed: 1 });
  });

  describe('with a key', () => {
    it('are merged while they wait, with the latest payload and the earliest time', async () => {
      const one = await open();
      const soon = new Date(Date.now() + 60_000);
      await one.jobs.enqueue('purge', { v: 1 }, { key: 'k', runAt: soon });
      await one.jobs.enqueue('purge', { v: 2 }, { key: 'k', runAt: new Date(Date.now() + 120_000) });
      await one.jobs.enqueue('purge', { v: 3 }, { key: 'other' });
      expect(await one.sql(`SELECT payload, run_at FROM jobs WHERE key = 'k'`)).toEqual([{ payload: { v: 2 }, run_at: soon }]);
    });

    it('run once more if enqueued while they run, not concurrently', async () => {
      const [one, two] = [await open(), await open()];
      const seen: unknown[] = [];
      const { resolve: finish, promise: finished } = Promise.withResolvers<void>();
      for (const process of [one, two]) {
        process.jobs.handle('purge', async ({ v }) => {
          seen.push(`begin ${String(v)}`);
          if (v === 1) await finished;
          seen.push(`end ${String(v)}`);
        });
        process.start();
      }
      await one.jobs.enqueue('purge', { v: 1 }, { key: 'k' });
      await until('the first', () => seen.length > 0);
      await two.jobs.enqueue('purge', { v: 2 }, { key: 'k' });
      const witness = Promise.withResolvers<void>();
      two.jobs.handle('witness', async () => witness.resolve());
      await two.jobs.enqueue('witness', {});
      await witness.promise;
      finish();
      await untilEmpty(one);
      expect(seen).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
    });

    it('run again when enqueued after they failed', async () => {
      const one = await open();
      const seen: unknown[] = [];
      one.jobs.handle('purge', async ({ v }, { attempt }) => void seen.push([v, attempt]));
      await one.jobs.enqueue('purge', { v: 1 }, { key: 'k' });
      await one.sql(`UPDATE jobs SET failed_at = now(), attempts = 10, last_error = 'x'`);
      await one.jobs.enqueue('purge', { v: 2 }, { key: 'k' });
      one.start();
      await untilEmpty(one);
      expect(seen).toEqual([[2, 1]]);
    });
  });

  it('finish the current step at shutdown, and start no other', async () => {
    const one = await open();
    const steps: string[] = [];
    const { resolve: finish, promise: finished } = Promise.withResolvers<void>();
    one.jobs.handle<{ left: number }>('long', async ({ left }, { signal }) => {
      steps.push(`begin ${left}`);
      await finished;
      steps.push(`end ${left} ${signal.aborted}`);
      return { again: { left: left - 1 } };
    });
    one.start();
    await one.jobs.enqueue('long', { left: 9 });
    await until('the first step', () => steps.length > 0);
    const stopped = one.stop();
    finish();
    await stopped;
    expect(steps).toEqual(['begin 9', 'end 9 true']);
    expect(await one.sql('SELECT payload, locked_until FROM jobs')).toEqual([{ payload: { left: 8 }, locked_until: null }]);
  });

  it('run after the database was unavailable', async () => {
    const one = await open();
    const seen: unknown[] = [];
    one.jobs.handle('notify', async () => void seen.push('notified'));
    one.start();
    await until('the first poll', async () => (await one.sql('SELECT 1')).length);
    const other = await open();
    await other.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await other.jobs.enqueue('notify', {});
    await until('the job has run', () => seen.length > 0);
  });

  describe('timers', () => {
    it('run once per interval across all processes', async () => {
      const three = [await open(), await open(), await open()];
      let runs = 0;
      for (const one of three) {
        one.jobs.every('sweep', 3_600, async () => void runs++);
        one.start();
      }
      await until('the first run', () => runs > 0);
      const row = () =>
        three[0]!.sql(`SELECT 1 FROM jobs WHERE kind = 'timer:sweep' AND locked_until IS NULL AND run_at > now() + interval '50 min'`);
      await until('the run has ended', async () => (await row()).length);
      expect(runs).toBe(1);
      await three[0]!.makeAllDue();
      await until('the second run has ended', async () => runs > 1 && (await row()).length);
      expect(await three[0]!.jobs.counts()).toMatchObject({ waiting: 0, running: 0 });
    });

    it('continue after a failed run', async () => {
      const one = await open();
      let runs = 0;
      one.jobs.every('sweep', 3_600, async () => {
        runs++;
        throw new Error('not this time');
      });
      one.start();
      for (let run = 1; run <= 3; run++) {
        await until(`run ${run}`, async () => {
          await one.makeAllDue();
          return runs >= run;
        });
      }
      expect(await one.sql('SELECT failed_at, attempts <= 1 AS fresh FROM jobs')).toEqual([{ failed_at: null, fresh: true }]);
    });

    it('take a shorter interval at once', async () => {
      const one = await open();
      await new JobQueue(one.transactions).addTimer('timer:sweep', 60);
      await one.sql(`UPDATE jobs SET run_at = now() + interval '1 day'`);
      await new JobQueue(one.transactions).addTimer('timer:sweep', 60);
      expect(await one.sql(`SELECT 1 FROM jobs WHERE run_at > now() + interval '2 min'`)).toEqual([]);
    });
  });

  it('do not run in a command, which may enqueue them', async () => {
    const [command, server] = [await open(ProcessRole.command), await open()];
    const seen: string[] = [];
    command.jobs.handle('notify', async () => void seen.push('command'));
    command.jobs.every('sweep', 1, async () => void seen.push('timer'));
    server.jobs.handle('notify', async () => void seen.push('server'));
    command.start();
    await command.jobs.enqueue('notify', {});
    server.start();
    await untilEmpty(server);
    expect(seen).toEqual(['server']);
  });

  it('have one handler per kind', async () => {
    const one = await open();
    one.jobs.handle('notify', async () => undefined);
    expect(() => one.jobs.handle('notify', async () => undefined)).toThrow('two handlers');
    one.jobs.every('sweep', 1, async () => undefined);
    expect(() => one.jobs.every('sweep', 1, async () => undefined)).toThrow('two timers');
  });
});

describe('the metrics', () => {
  it('include jobs, Redis and rate limits', async () => {
    const server = await startApp();
    try {
      await server.app.get(Transactions).query(`INSERT INTO jobs (id, kind, failed_at) VALUES (gen_random_uuid(), 'lost', now())`);
      const text = await (await fetch(`${server.url}/metrics`)).text();
      expect(text.split('\n')).toEqual(expect.arrayContaining(['jobs{state="waiting"} 0', 'jobs{state="failed"} 1', 'redis_up -1']));
      expect(text).toMatch(/^jobs_late_seconds 0$/m);
    } finally {
      await server.close();
    }
  });
});
