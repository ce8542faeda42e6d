import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import { type RunningApp, startApp } from '../support/app.js';
import { bearer, type LoggedIn, Logins, PASSWORD, SECRET } from '../support/logins.js';

let server: RunningApp;
let logins: Logins;
let db: pg.Client;

const api = () => logins.api;

beforeAll(async () => {
  server = await startApp({ env: { JWT_SECRET: SECRET } });
  logins = new Logins(server);
  db = new pg.Client(server.databaseUrl);
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await server?.close();
});

describe('sessions', () => {
  it('are listed newest first, with the current one marked', async () => {
    const ana = await logins.register();
    const { body: phone } = await api()
      .post('/v1/auth/login')
      .set('user-agent', 'Phone/1.0')
      .send({ username: ana.user.username, password: PASSWORD })
      .expect(200);
    const { body } = await api().get('/v1/auth/sessions').set(bearer(ana.accessToken)).expect(200);
    expect(body.items).toHaveLength(2);
    expect(body.nextCursor).toBeNull();
    expect(body.items[0]).toEqual({
      ...{ id: expect.any(String), current: false, userAgent: 'Phone/1.0', ip: expect.stringContaining('127.0.0.1') },
      ...{ createdAt: expect.stringMatching(/Z$/), lastUsedAt: expect.stringMatching(/Z$/) },
    });
    expect(body.items[1].current).toBe(true);
    const seen = await api().get('/v1/auth/sessions').set(bearer(phone.accessToken)).expect(200);
    expect(seen.body.items.map((session: { current: boolean }) => session.current)).toEqual([true, false]);
  });

  it('are listed page by page', async () => {
    const ana = await logins.register();
    for (let i = 0; i < 4; i++) await logins.login(ana.user.username).expect(200);
    const page = (query: string) => api().get(`/v1/auth/sessions?${query}`).set(bearer(ana.accessToken));
    const first = (await page('limit=3').expect(200)).body;
    const second = (await page(`limit=3&cursor=${first.nextCursor}`).expect(200)).body;
    expect(new Set([...first.items, ...second.items].map(({ id }: { id: string }) => id)).size).toBe(5);
    expect(second.nextCursor).toBeNull();
    for (const query of ['limit=0', 'limit=101', 'cursor=x', 'other=1']) await page(query).expect(400);
  });

  it('end one by one, at once', async () => {
    const ana = await logins.register();
    const { body: phone } = await logins.login(ana.user.username).expect(200);
    const { body } = await api().get('/v1/auth/sessions').set(bearer(ana.accessToken)).expect(200);
    const { id } = body.items.find((session: { current: boolean }) => !session.current);
    await api().delete(`/v1/auth/sessions/${id}`).set(bearer(ana.accessToken)).expect(204);
    expect((await logins.me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    expect((await logins.refresh(phone.refreshToken).expect(401)).body.code).toBe('session_ended');
    await logins.me(ana.accessToken).expect(200);
    await api().delete(`/v1/auth/sessions/${id}`).set(bearer(ana.accessToken)).expect(404);
  });

  it('of another user answer 404', async () => {
    const [ana, bob] = [await logins.register(), await logins.register()];
    const { body } = await api().get('/v1/auth/sessions').set(bearer(bob.accessToken)).expect(200);
    const foreign = await api().delete(`/v1/auth/sessions/${body.items[0].id}`).set(bearer(ana.accessToken)).expect(404);
    const random = await api().delete('/v1/auth/sessions/0199f3a1-5d0e-4c3a-9b1f-2f6d1f0c8a11').set(bearer(ana.accessToken)).expect(404);
    expect({ ...foreign.body, requestId: 0 }).toEqual({ ...random.body, requestId: 0 });
    await logins.me(bob.accessToken).expect(200);
    await api().delete('/v1/auth/sessions/me').set(bearer(ana.accessToken)).expect(400);
  });

  it('end by logout, with a notification to every process', async () => {
    const received: string[] = [];
    await db.query('LISTEN parley_sessions');
    db.on('notification', ({ payload }) => received.push(payload!));
    const ana = await logins.register();
    const { body: phone } = await logins.login(ana.user.username).expect(200);
    await api().post('/v1/auth/logout').set(bearer(phone.accessToken)).expect(204);
    expect((await logins.me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    await logins.refresh(phone.refreshToken).expect(401);
    await logins.me(ana.accessToken).expect(200);
    await db.query('UNLISTEN parley_sessions');
    expect(received.map((payload) => JSON.parse(payload))).toEqual([
      { sessionIds: [expect.any(String)], userId: ana.user.id, reason: 'logout' },
    ]);
  });

  it('are limited: the one that was unused for longest ends', async () => {
    const small = await startApp({ env: { JWT_SECRET: SECRET, SESSIONS_PER_USER: '3' }, databaseUrl: server.databaseUrl });
    try {
      const ana = await logins.register();
      const sessions: LoggedIn[] = [];
      for (let i = 0; i < 3; i++) {
        const { body } = await request(small.url)
          .post('/v1/auth/login')
          .send({ username: ana.user.username, password: PASSWORD })
          .expect(200);
        sessions.push(body);
      }
      await logins.me(ana.accessToken).expect(401);
      for (const { accessToken } of sessions) await logins.me(accessToken).expect(200);
    } finally {
      await small.close();
    }
  });

  it('record their use once a minute', async () => {
    const ana = await logins.register();
    const used = async () => (await db.query('SELECT last_used_at AS at FROM sessions WHERE user_id = $1', [ana.user.id])).rows[0].at;
    const opened = await used();
    await logins.me(ana.accessToken).expect(200);
    expect(await used()).toEqual(opened);
    await db.query(`UPDATE sessions SET last_used_at = now() - interval '2 minutes' WHERE user_id = $1`, [ana.user.id]);
    await logins.me(ana.accessToken).expect(200);
    expect((await used()).getTime()).toBeGreaterThanOrEqual(opened.getTime());
  });

  it('end on another process at once', async () => {
    const other = await startApp({ env: { JWT_SECRET: SECRET }, databaseUrl: server.databaseUrl });
    try {
      const ana = await logins.register();
      await logins.me(ana.accessToken, other.url).expect(200);
      await request(other.url).post('/v1/auth/logout').set(bearer(ana.accessToken)).expect(204);
      await logins.me(ana.accessToken).expect(401);
    } finally {
      await other.close();
    }
  });
});

describe('password', () => {
  const change = (token: string, currentPassword: string, newPassword: string) =>
    api().post('/v1/auth/password').set(bearer(token)).send({ currentPassword, newPassword });

  it('changes, and every other session ends', async () => {
    const ana = await logins.register();
    const { body: phone } = await logins.login(ana.user.username).expect(200);
    await change(ana.accessToken, PASSWORD, 'a staple of my own').expect(204);
    await logins.me(ana.accessToken).expect(200);
    await logins.refresh(ana.refreshToken).expect(200);
    expect((await logins.me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    await logins.login(ana.user.username).expect(401);
    await logins.login(ana.user.username, 'a staple of my own').expect(200);
  });

  it('stays when the current one is wrong or the new one is refused', async () => {
    const ana = await logins.register();
    expect((await change(ana.accessToken, 'not the password', 'a staple of my own').expect(422)).body.code).toBe('password_wrong');
    expect((await change(ana.accessToken, PASSWORD, 'iloveyou').expect(422)).body.code).toBe('password_common');
    await change(ana.accessToken, PASSWORD, 'short').expect(400);
    await logins.login(ana.user.username).expect(200);
  });

  it('is changed by one of two concurrent requests', async () => {
    const ana = await logins.register();
    const answers = await Promise.all(['the first of them', 'the other of them'].map((next) => change(ana.accessToken, PASSWORD, next)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422]);
  });

  it('leaves no session of the old password, also under races', async () => {
    const ana = await logins.register();
    const [changed, ...answers] = await Promise.all([
      change(ana.accessToken, PASSWORD, 'a staple of my own'),
      ...Array.from({ length: 8 }, () => logins.login(ana.user.username)),
    ]);
    expect(changed.status).toBe(204);
    for (const { status, body } of answers) {
      if (status === 200) await logins.me(body.accessToken).expect(401);
      else expect(body.code).toBe('credentials_invalid');
    }
  });
});
