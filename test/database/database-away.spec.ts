import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { DatabaseUnavailable } from '../../src/database/database-errors.js';
import { DatabaseNotifications } from '../../src/database/notifications.js';
import { Transactions } from '../../src/database/transactions.js';
import { startApp, type RunningApp } from '../support/app.js';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

describe('an unavailable database', () => {
  let database: FreshDatabase;
  let proxy: TcpProxy;
  let running: RunningApp;
  let transactions: Transactions;
  let notifications: DatabaseNotifications;
  const received: string[] = [];
  let reconnects = 0;

  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await TcpProxy.before(database.url);
    running = await startApp({ env: { DATABASE_POOL_SIZE: '4', DATABASE_PATIENCE_MS: '2500' }, databaseUrl: proxy.url });
    transactions = running.app.get(Transactions);
    notifications = running.app.get(DatabaseNotifications);
    await notifications.listen('news', (payload) => received.push(payload));
    notifications.onReconnect(() => (reconnects += 1));
  });
  afterAll(async () => {
    await running.close();
    await proxy.close();
    await database.drop();
  });
  beforeEach(async () => {
    await proxy.open();
    await until('the process is ready', isReady, 10_000);
    received.length = 0;
    await until('it listens', () => notify('ready').then(() => received.includes('ready')), 10_000);
  });

  const ready = () => request(running.url).get('/health/ready');
  const isReady = async () => (await ready()).status === 200;
  const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    expect(performance.now() - began).toBeLessThan(ms);
    return result;
  };
  const notify = (payload: string) => transactions.query(`SELECT pg_notify('news', $1)`, [payload]);

  it.each(['refuses connections', 'does not answer'] as const)(
    '%s: 503 within 3 s, also for concurrent requests, and ready again within 10 s',
    async (how) => {
      const sleeping = transactions.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
      if (how === 'refuses connections') await proxy.refuse();
      else proxy.silence();
      const answers = await within(3_000, () => Promise.all(Array.from({ length: 20 }, () => ready())));
      for (const { status, body, headers } of answers) {
        expect({ status, code: body.code }).toEqual({ status: 503, code: 'database_unavailable' });
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      expect(await within(3_000, () => sleeping)).toBeInstanceOf(DatabaseUnavailable);
      await within(3_000, () => request(running.url).get('/health/live').expect(200));
      await proxy.open();
      await within(10_000, () => until('the process is ready', isReady, 10_000));
    },
  );

  describe('during a request', () => {
    let ana: Person;
    let bob: Person;
    let room: { id: string };
    let message: { id: string };
    beforeAll(async () => {
      await proxy.open();
      await until('the process is ready', isReady);
      ({ ana, bob } = await World.at(running.url).people('ana', 'bob'));
      room = await ana.opensGroup(bob);
      message = await ana.sends(room, 'hello');
      await bob.sends(room, 'a reply', { replyToId: message.id });
    });
    afterEach(() => proxy.cutAfter(Infinity));

    it.each([
      ['a user', () => ana.statusOf('GET', `/users/${bob.id}`)],
      ['the own account', () => ana.statusOf('GET', '/users/me')],
      ['the replies to a message', () => ana.statusOf('GET', `/rooms/${room.id}/messages/${message.id}/replies`)],
      ['the permissions of a member', () => ana.statusOf('GET', `/rooms/${room.id}/permissions?userId=${bob.id}`)],
      ['a login', () => ana.statusOf('POST', '/auth/login', { username: ana.username, password: ana.password })],
      ['a message to send', () => ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'once more' })],
    ])('for %s, whichever statement fails: 503', async (_, ask) => {
      const answers = new Set<string>();
      for (let writes = 0, cut = true; cut; writes++) {
        proxy.cutAfter(writes);
        answers.add(await ask());
        cut = proxy.hasCut;
      }
      expect([...answers].filter((answer) => !/^20[01]$/.test(answer))).toEqual(['503 database_unavailable']);
    });

    it.each([
      ['is out of disk space', '53100'],
      ['is out of memory', '53200'],
    ])('%s: 503 for writes', async (_, code) => {
      await transactions.query(
        `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full' USING ERRCODE = '${code}'; END $$`,
      );
      await transactions.query('CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fail()');
      expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'too much' })).toBe('503 database_unavailable');
      await transactions.query('DROP FUNCTION fail CASCADE');
      expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'available again' })).toBe('201');
    });

    it('is read-only, as after a failover: 503 for writes alone', async () => {
      const name = new URL(database.url).pathname.slice(1);
      const readOnly = async (value: 'on' | 'off') => {
        const client = new pg.Client(`${database.url}?options=-c%20default_transaction_read_only%3Doff`);
        await client.connect();
        await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
        await client.end();
        proxy.cut(); // applies to new connections
        await until('the process is ready', isReady);
      };
      const socket = await ana.connects();
      await readOnly('on');
      expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'nowhere to' })).toBe('503 database_unavailable');
      expect(await ana.statusOf('PATCH', '/users/me', { displayName: 'Anna' })).toBe('503 database_unavailable');
      expect(await socket.emits('message:send', { roomId: room.id, text: 'nowhere to' })).toMatchObject({
        ok: false,
        error: { status: 503 },
      });
      expect(await ana.statusOf('GET', `/users/${bob.id}`)).toBe('200');
      await readOnly('off');
      expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'available again' })).toBe('201');
      socket.close();
    });
  });

  it('may close any connection in use without ending the process', async () => {
    const other = await startApp({ env: { DATABASE_POOL_SIZE: '2' }, databaseUrl: database.url });
    const { master: pool } = other.app.get(DataSource).driver as unknown as { master: pg.Pool };
    const held = await Promise.all([pool.connect(), pool.connect()]);
    // Without a listener, emit throws here, and would end the process of a server.
    for (const client of held) expect(() => client.emit('error', new Error('lost between two statements'))).not.toThrow();
    for (const client of held) client.release(true);
    await until('it is ready', async () => (await request(other.url).get('/health/ready')).status === 200, 10_000);
    await other.close();
  });

  it('rolls back the current transaction', async () => {
    const half = transactions
      .run(async () => {
        await transactions.query(`INSERT INTO server_state VALUES ('half', 'done')`);
        await transactions.query('SELECT pg_sleep(60)');
      })
      .catch((error: unknown) => error);
    await until(
      'the statement runs',
      async () => (await transactions.query(`SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'`)).length > 0,
    );
    await proxy.refuse();
    expect(await half).toBeInstanceOf(DatabaseUnavailable);
    await proxy.open();
    await until('the process is ready', isReady, 10_000);
    expect(await transactions.query(`SELECT * FROM server_state WHERE key = 'half'`)).toEqual([]);
  });

  it('delivers notifications again after a reconnect, and reports it', async () => {
    await notify('one');
    await until('the first', () => received.includes('one'));
    const before = reconnects;
    proxy.cut();
    await until('it listens again', () => reconnects > before, 10_000);
    await notify('two');
    await until('the second', () => received.includes('two'));
    expect(received.filter((word) => word !== 'ready')).toEqual(['one', 'two']);
  });
});
