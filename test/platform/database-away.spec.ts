import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { DatabaseUnavailable } from '../../src/database/database-errors.js';
import { DatabaseNotifications } from '../../src/database/notifications.js';
import { Transactions } from '../../src/database/transactions.js';
import { startApp, type RunningApp } from '../support/app.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

describe('a database that is away', () => {
  let database: FreshDatabase;
  let proxy: TcpProxy;
  let running: RunningApp;
  let transactions: Transactions;
  let notifications: DatabaseNotifications;
  const heard: string[] = [];
  let reconnects = 0;

  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await TcpProxy.before(database.url);
    running = await startApp({ env: { DATABASE_POOL_SIZE: '4', DATABASE_PATIENCE_MS: '2500' }, databaseUrl: proxy.url });
    transactions = running.app.get(Transactions);
    notifications = running.app.get(DatabaseNotifications);
    await notifications.listen('news', (payload) => heard.push(payload));
    notifications.onReconnect(() => (reconnects += 1));
  });
  afterAll(async () => {
    await running.close();
    await proxy.close();
    await database.drop();
  });
  beforeEach(async () => {
    await proxy.open();
    await until('that all is well', isReady, 10_000);
    heard.length = 0;
    await until('that it listens', () => tell('ready').then(() => heard.includes('ready')), 10_000);
  });

  const ready = () => request(running.url).get('/health/ready');
  const isReady = async () => (await ready()).status === 200;
  const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    expect(performance.now() - began).toBeLessThan(ms);
    return result;
  };
  const tell = (payload: string) => transactions.query(`SELECT pg_notify('news', $1)`, [payload]);

  it.each(['refuses', 'is silent'] as const)(
    'and %s: 503 within 3 s, also when all ask at once, and all is well again within 10 s',
    async (how) => {
      const asleep = transactions.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
      if (how === 'refuses') await proxy.refuse();
      else proxy.silence();
      const answers = await within(3_000, () => Promise.all(Array.from({ length: 20 }, () => ready())));
      for (const { status, body, headers } of answers) {
        expect({ status, code: body.code }).toEqual({ status: 503, code: 'database_unavailable' });
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      expect(await within(3_000, () => asleep)).toBeInstanceOf(DatabaseUnavailable);
      await within(3_000, () => request(running.url).get('/health/live').expect(200));
      await proxy.open();
      await within(10_000, () => until('that the process is ready', isReady, 10_000));
    },
  );

  it('may end any connection while it is held, the first one too, without ending the process', async () => {
    const other = await startApp({ env: { DATABASE_POOL_SIZE: '2' }, databaseUrl: database.url });
    const { master: pool } = other.app.get(DataSource).driver as unknown as { master: pg.Pool };
    const held = await Promise.all([pool.connect(), pool.connect()]);
    // An error that nobody listens for is thrown here, and ends a process elsewhere.
    for (const client of held) expect(() => client.emit('error', new Error('lost between two statements'))).not.toThrow();
    for (const client of held) client.release(true);
    await until('it is well', async () => (await request(other.url).get('/health/ready')).status === 200, 10_000);
    await other.close();
  });

  it('rolls back what was under way', async () => {
    const half = transactions
      .run(async () => {
        await transactions.query(`INSERT INTO server_state VALUES ('half', 'done')`);
        await transactions.query('SELECT pg_sleep(60)');
      })
      .catch((error: unknown) => error);
    await until(
      'that it is under way',
      async () => (await transactions.query(`SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'`)).length > 0,
    );
    await proxy.refuse();
    expect(await half).toBeInstanceOf(DatabaseUnavailable);
    await proxy.open();
    await until('that the process is ready', isReady, 10_000);
    expect(await transactions.query(`SELECT * FROM server_state WHERE key = 'half'`)).toEqual([]);
  });

  it('hears notifications, and again after it was away, and says that it was', async () => {
    await tell('one');
    await until('the first', () => heard.includes('one'));
    const before = reconnects;
    proxy.cut();
    await until('that it listens again', () => reconnects > before, 10_000);
    await tell('two');
    await until('the second', () => heard.includes('two'));
    expect(heard.filter((word) => word !== 'ready')).toEqual(['one', 'two']);
  });
});
