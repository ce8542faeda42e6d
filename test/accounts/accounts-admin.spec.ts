import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { Sessions } from '../../src/auth/sessions.service.js';
import { AppProcess, type Ended } from '../support/processes.js';
import { call, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

describe('manage create-admin', () => {
  const run = (...args: string[]): Promise<Ended> =>
    AppProcess.command(
      { DATABASE_URL: world.app.databaseUrl, JWT_SECRET: 'only for a command that signs nothing', ARGON2_MEMORY_KIB: '64' },
      'create-admin',
      ...args,
    ).end();

  it('makes an existing user a platform admin', async () => {
    const [ana, bob] = [await world.person('ana'), await world.person('bob')];
    expect(await ana.statusOf('POST', `/users/${bob.id}/deactivate`)).toBe('403 not_admin');
    const { code, stdout } = await run(ana.username.toUpperCase());
    expect([code, stdout.trim()]).toEqual([0, `${ana.username} is a platform admin`]);
    expect((await ana.gets('/users/me')).admin).toBe(true);
    expect(await ana.statusOf('POST', `/users/${bob.id}/deactivate`)).toBe('200');
  }, 20_000);

  it('creates a missing account with a generated password', async () => {
    const { code, stdout } = await run('chief');
    expect(code).toBe(0);
    const [, password] = /with the password (\S+)/.exec(stdout)!;
    const { status, body } = await call(world.url, 'POST', '/auth/login', { body: { username: 'chief', password } });
    expect(status).toBe(200);
    expect((await call(world.url, 'GET', '/users/me', { token: body.accessToken })).body.admin).toBe(true);
  }, 20_000);

  it('refuses invalid arguments with one line', async () => {
    for (const [args, complaint] of [
      [['all'], 'a username must have 3 to 32 characters of a-z 0-9 _ . - and must not be reserved'],
      [['boss', '--password', 'password'], 'a password must have 8 to 128 characters and must not be common'],
    ] as const) {
      const { code, stderr } = await run(...args);
      expect([code, stderr.trim()]).toEqual([1, complaint]);
    }
    expect((await db.query(`SELECT 1 FROM users WHERE username IN ('all', 'boss')`)).rowCount).toBe(0);
  }, 20_000);
});

describe('the expiry of sessions', () => {
  const sweep = () => world.app.app.get(Sessions).expireSessions();
  const rows = async (userId: string) =>
    (await db.query('SELECT end_reason AS reason FROM sessions WHERE user_id = $1', [userId])).rows.map(({ reason }) => reason);

  it('ends expired sessions, and closes their sockets', async () => {
    const ana = await world.person('ana');
    const socket = await ana.connects();
    await db.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [ana.id]);
    await sweep();
    expect(await rows(ana.id)).toEqual(['expired']);
    expect(await socket.receives('session:ended')).toEqual({ reason: 'expired' });
  });

  it('deletes sessions that ended long ago, and keeps valid ones', async () => {
    const [ana, bob] = [await world.person('ana'), await world.person('bob')];
    await ana.posts('/auth/logout');
    await db.query(`UPDATE sessions SET expires_at = now() - interval '2 days' WHERE user_id = $1`, [ana.id]);
    await sweep();
    expect(await rows(ana.id)).toEqual([]);
    expect(await ana.statusOf('GET', '/users/me')).toBe('401 session_ended');
    expect(await bob.statusOf('GET', '/users/me')).toBe('200');
  });

  it('keeps an ended external session for a year, to refuse its earlier tokens', async () => {
    const ana = await world.person('ana');
    const end = (age: string) =>
      db.query(
        `UPDATE sessions SET external = true, ended_at = now() - $2::interval, end_reason = 'logout', expires_at = now() - $2::interval WHERE user_id = $1`,
        [ana.id, age],
      );
    await end('300 days');
    await sweep();
    expect(await rows(ana.id)).toEqual(['logout']);
    await end('400 days');
    await sweep();
    expect(await rows(ana.id)).toEqual([]);
  });
});
