import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freshDatabase, type FreshDatabase } from './support/database.js';
import { AppProcess, type Environment } from './support/processes.js';
import { until } from './support/until.js';
import { World } from './support/world.js';

const SECRET = 'kR7mX2pQ9vT4wZ8nB3cF6hJ1sL5dG0aE';

describe('a process', () => {
  let database: FreshDatabase;
  let env: Environment;
  const servers: AppProcess[] = [];
  const serve = (more: Environment = {}): AppProcess => {
    const server = AppProcess.server({ ...env, ...more });
    servers.push(server);
    return server;
  };

  beforeAll(async () => {
    database = await freshDatabase();
    env = { NODE_ENV: 'production', JWT_SECRET: SECRET, DATABASE_URL: database.url };
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
  afterAll(() => database.drop());

  it('logs requests, but no secret and no content of users', async () => {
    const server = serve({ LOG_LEVEL: 'trace' });
    const url = await server.url();
    await fetch(`${url}/v1/nowhere?ticket=canary-ticket&query=canary-query`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer canary-token',
        cookie: 'a=canary-cookie',
        'content-type': 'application/json',
        'x-request-id': 'seen-1',
      },
      body: JSON.stringify({ password: 'canary-password', text: 'canary-text' }),
    });
    const line = await until('the request in the log', () => server.stdout.split('\n').find((one) => one.includes('seen-1')));
    expect(JSON.parse(line)).toMatchObject({
      level: 30,
      req: { id: 'seen-1', method: 'POST', path: '/v1/nowhere' },
      res: { statusCode: 404 },
    });
    const { code, stdout, stderr } = await server.stop();
    expect(code).toBe(0);
    for (const secret of ['canary', SECRET, new URL(database.url).password]) expect(stdout + stderr).not.toContain(secret);
  });

  it('reports in one line that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await serve({ PORT: String(port) }).end();
    other.close();
    expect({ code, stderr }).toEqual({ code: 1, stderr: `PORT ${port} is in use\n` });
  });

  it('shuts down on SIGTERM and on SIGINT, and does not wait for idle connections', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = serve();
      const { hostname, port } = new URL(await server.url());
      const idle = connect(Number(port), hostname);
      await once(idle, 'connect');
      const keepAlive = await fetch(`http://${hostname}:${port}/health/live`);
      expect(keepAlive.status).toBe(200);
      const began = performance.now();
      server.kill(signal);
      expect(await server.end()).toMatchObject({ code: 0, signal: null });
      expect(performance.now() - began).toBeLessThan(5_000);
      idle.destroy();
    }
  });

  it('notifies its sockets at shutdown, then waits for the running job', async () => {
    const server = serve({ WRITER_LOCK_TIMEOUT_MS: '30000' });
    const { ana } = await World.at(await server.url()).people('ana');
    const room = await ana.opensGroup();
    const socket = await ana.connects();
    const locker = new pg.Client(database.url);
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE room_bans IN SHARE MODE');
    await ana.deletes(`/rooms/${room.id}`);
    const held = async () => (await locker.query(`SELECT 1 FROM pg_locks WHERE relation = 'room_bans'::regclass AND NOT granted`)).rowCount;
    await until('the purge has started', held);
    server.kill('SIGTERM');
    const began = performance.now();
    // Before the time limit for a running job.
    await socket.receives('server:draining', () => true, 4_000);
    await until('the socket is closed', () => !socket.socket.connected, 4_000);
    expect(await held()).toBe(1);
    await locker.query('COMMIT');
    expect(await server.end()).toMatchObject({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await locker.query(`SELECT 1 FROM jobs WHERE kind = 'rooms:purge' AND locked_until IS NOT NULL`)).rowCount).toBe(0);
    await locker.end();
  });

  it('refuses a database with another isolation level than read committed', async () => {
    const other = await freshDatabase();
    const name = new URL(other.url).pathname.slice(1);
    const client = new pg.Client(other.url);
    await client.connect();
    await client.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    await client.end();
    const { code, stderr } = await serve({ DATABASE_URL: other.url }).end();
    await other.drop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_URL names a database with the isolation level serializable[^\n]*\n$/);
  });

  it('does not migrate with DATABASE_MIGRATE=off, and is not ready', async () => {
    const empty = await freshDatabase({ empty: true });
    const server = serve({ DATABASE_URL: empty.url, DATABASE_MIGRATE: 'off' });
    const url = await server.url();
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ status: 503, code: 'migrations_pending' });
    expect(await AppProcess.command({ ...env, DATABASE_URL: empty.url }, 'migrate').end()).toMatchObject({ code: 0, stderr: '' });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    await server.stop();
    await empty.drop();
  });
});

describe('a command', () => {
  let database: FreshDatabase;
  beforeAll(async () => void (database = await freshDatabase()));
  afterAll(() => database.drop());
  const run = (...args: string[]) => AppProcess.command({ JWT_SECRET: SECRET, DATABASE_URL: database.url }, ...args).end();

  it('doctor checks the installation, and prints no secret', async () => {
    const durable = `${database.url}?options=-c%20synchronous_commit%3Don`; // the server of the tests is not
    const { code, stdout, stderr } = await AppProcess.command({ JWT_SECRET: SECRET, DATABASE_URL: durable }, 'doctor').end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/✓ database: PostgreSQL \d+/);
    expect(stdout).toMatch(/✓ migrations pending: 0/);
    expect(stdout).toMatch(/^\* JWT_SECRET=\*{8}$/m);
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain(new URL(database.url).password);
  });

  it('migrate:undo and migrate undo and redo a migration, and doctor reports it', async () => {
    const undone = await run('migrate:undo');
    expect(undone.stdout).toMatch(/^undone: \w+\n$/);
    const sick = await run('doctor');
    expect(sick.code).toBe(1);
    expect(sick.stdout).toMatch(/✗ migrations pending: 1 \(run: npm run manage -- migrate\)/);
    expect((await run('migrate')).stdout).toBe(undone.stdout.replace('undone', 'done'));
  });

  it('that does not exist is refused', async () => {
    const { code, stderr } = await run('dance');
    expect(code).toBe(1);
    expect(stderr).toContain("unknown command 'dance'");
  });
});
