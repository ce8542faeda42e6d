import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import { type RunningApp, startApp, TEST_SECRET } from './support/app.js';

const PASSWORD = 'correct horse battery';

let server: RunningApp;
let db: pg.Client;
let count = 0;

const api = () => request(server.url);
const name = () => `person${++count}`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const me = (token: string, url = server.url) => request(url).get('/v1/users/me').set(bearer(token));
const refresh = (refreshToken: string) => api().post('/v1/auth/refresh').send({ refreshToken });
const login = (username: string, password = PASSWORD) => api().post('/v1/auth/login').send({ username, password });

interface Person {
  user: { id: string; username: string };
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

async function register(username = name(), more: object = {}): Promise<Person> {
  const { body } = await api()
    .post('/v1/auth/register')
    .send({ username, password: PASSWORD, ...more })
    .expect(201);
  return body;
}

beforeAll(async () => {
  server = await startApp();
  db = new pg.Client(server.database.url);
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await server?.close();
});

describe('register', () => {
  it('makes a person and logs them in', async () => {
    const { user, accessToken, refreshToken, expiresIn } = await register('Ana_Maria.1', { displayName: 'Ana 🦜' });
    expect(user).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), username: 'ana_maria.1', displayName: 'Ana 🦜', avatarUrl: null, deleted: false },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(expiresIn).toBeGreaterThan(590);
    expect(expiresIn).toBeLessThanOrEqual(600);
    expect(refreshToken).not.toEqual(accessToken);
    const { body } = await me(accessToken).expect(200);
    expect(body).toEqual({
      ...user,
      admin: false,
      my: 0,
      privacy: { friendRequests: 'everyone', directMessages: 'friends', groupInvites: 'friends', presence: 'friends', readReceipts: true },
    });
  });

  it('keeps the password as Argon2id alone', async () => {
    const { user } = await register();
    const { rows } = await db.query('SELECT password_hash FROM users WHERE id = $1', [user.id]);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  });

  it.each([
    ['too short a name', { username: 'ab' }, 400, 'validation_failed'],
    ['too long a name', { username: 'a'.repeat(33) }, 400, 'validation_failed'],
    ['a space in the name', { username: 'a na' }, 400, 'validation_failed'],
    ['a letter that folds into a-z', { username: 'marK\u212A' }, 400, 'validation_failed'],
    ['a name that is a mention', { username: 'All' }, 422, 'username_reserved'],
    ['a name of the gone', { username: 'deleted-1' }, 422, 'username_reserved'],
    ['a short password', { password: 'a1b2c3d' }, 400, 'validation_failed'],
    ['a long password', { password: 'x'.repeat(129) }, 400, 'validation_failed'],
    ['a common password', { password: 'Password123' }, 422, 'password_common'],
    ['a password that is no text', { password: { $ne: null } }, 400, 'validation_failed'],
    ['NUL in the display name', { displayName: 'a\0b' }, 422, 'unstorable_text'],
    ['an empty display name', { displayName: '' }, 400, 'validation_failed'],
    ['a column that is none of theirs', { admin: true }, 400, 'validation_failed'],
    ['an id of their own', { id: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }, 400, 'validation_failed'],
  ])('refuses %s', async (_, more, status, code) => {
    const { body, headers } = await api()
      .post('/v1/auth/register')
      .send({ username: name(), password: PASSWORD, ...more })
      .expect(status);
    expect(body).toMatchObject({ code, status });
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('takes the shortest and the longest', async () => {
    await api().post('/v1/auth/register').send({ username: 'a.b', password: '🦜🦜🦜🦜🦜🦜🦜🦜' }).expect(201);
    await api()
      .post('/v1/auth/register')
      .send({ username: 'z'.repeat(32), password: '🦜'.repeat(128) })
      .expect(201);
    await login('z'.repeat(32), '🦜'.repeat(128)).expect(200);
    await login('z'.repeat(32), '🦜'.repeat(127)).expect(401);
  });

  it('gives a name once, also to ten who ask at the same time', async () => {
    const username = name();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        api()
          .post('/v1/auth/register')
          .send({ username: i % 2 ? username : username.toUpperCase(), password: PASSWORD }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('username_taken');
  });
});

describe('login', () => {
  it('opens a session of its own', async () => {
    const ana = await register();
    const { body } = await login(ana.user.username.toUpperCase()).expect(200);
    expect(body.user).toEqual(ana.user);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken', 'user']);
    expect(body.refreshToken).not.toBe(ana.refreshToken);
    await me(body.accessToken).expect(200);
    await me(ana.accessToken).expect(200);
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const { user } = await register();
    const [wrong, unknown] = await Promise.all([login(user.username, 'not the password'), login('nobody.here', 'not the password')]);
    expect(wrong.status).toBe(401);
    expect({ ...wrong.body, requestId: 0 }).toEqual({ ...unknown.body, requestId: 0 });
    expect(wrong.body.code).toBe('credentials_invalid');
  });

  it('hashes as much for an unknown user', async () => {
    const slow = await startApp({ env: { ARGON2_MEMORY_KIB: '19456', ARGON2_ITERATIONS: '4' } });
    try {
      await request(slow.url).post('/v1/auth/register').send({ username: 'known', password: PASSWORD }).expect(201);
      const median = async (username: string) => {
        const times: number[] = [];
        for (let i = 0; i < 9; i++) {
          const began = performance.now();
          await request(slow.url).post('/v1/auth/login').send({ username, password: 'not the password' }).expect(401);
          times.push(performance.now() - began);
        }
        return times.sort((a, b) => a - b)[4]!;
      };
      const [known, unknown] = [await median('known'), await median('unknown')];
      expect(unknown).toBeGreaterThan(known / 2);
      expect(unknown).toBeLessThan(known * 2);
    } finally {
      await slow.close();
    }
  });
});

describe('an access token', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const forge = (claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, secret = TEST_SECRET) => {
    const body = `${encode(header)}.${encode(claims)}`;
    const { alg } = header as { alg: string };
    const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[alg];
    return `${body}.${hash ? createHmac(hash, secret).update(body).digest('base64url') : ''}`;
  };
  const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  let ana: Person;
  let good: Record<string, unknown>;

  beforeAll(async () => {
    ana = await register();
    good = claimsOf(ana.accessToken);
  });

  it('is accepted when it is right, and lives ten minutes at most', async () => {
    await me(forge(good)).expect(200);
    expect(Number(good.exp) - Number(good.iat)).toBeLessThanOrEqual(600);
  });

  it.each([
    ['algorithm none', () => forge(good, { alg: 'none' })],
    ['another HMAC', () => forge(good, { alg: 'HS512' })],
    ['another secret', () => forge(good, undefined, 'some other secret that is long enough')],
    ['another audience', () => forge({ ...good, aud: 'others' })],
    ['no audience', () => forge({ ...good, aud: undefined })],
    ['another issuer', () => forge({ ...good, iss: 'others' })],
    ['another type', () => forge({ ...good, typ: 'refresh' })],
    ['no type', () => forge({ ...good, typ: undefined })],
    ['no expiry', () => forge({ ...good, exp: undefined })],
    ['no session', () => forge({ ...good, sid: undefined })],
    ['a time before which it is not good', () => forge({ ...good, nbf: now() + 60 })],
    ['claims that were tampered with', () => ana.accessToken.replace(/\.[^.]+\./, `.${encode({ ...good, exp: now() + 9999 })}.`)],
    ['the refresh token', () => ana.refreshToken],
    ['no token at all', () => ''],
    ['a word', () => 'token'],
  ])('is refused with %s', async (_, token) => {
    const { body, headers } = await me(token()).expect(401);
    expect(body.code).toBe('token_invalid');
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('is refused without the header, and under another scheme', async () => {
    expect((await api().get('/v1/users/me').expect(401)).body.code).toBe('token_invalid');
    expect((await api().get('/v1/users/me').set('authorization', `Basic ${ana.accessToken}`).expect(401)).body.code).toBe('token_invalid');
  });

  it('says when it has expired', async () => {
    const { body } = await me(forge({ ...good, iat: now() - 700, exp: now() - 100 })).expect(401);
    expect(body.code).toBe('token_expired');
  });

  it('is refused for the session of somebody else', async () => {
    const bob = await register();
    const { body } = await me(forge({ ...good, sub: bob.user.id })).expect(401);
    expect(body.code).toBe('session_ended');
  });

  it('is no refresh token', async () => {
    await refresh(ana.accessToken).expect(400);
    expect((await refresh('x'.repeat(43)).expect(401)).body.code).toBe('token_invalid');
  });
});

describe('refresh', () => {
  it('gives a new pair, and the session goes on', async () => {
    const ana = await register();
    const { body } = await refresh(ana.refreshToken).expect(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken']);
    expect(body.refreshToken).not.toBe(ana.refreshToken);
    expect(body.accessToken).not.toBe(ana.accessToken);
    await me(body.accessToken).expect(200);
    const { body: third } = await refresh(body.refreshToken).expect(200);
    await me(third.accessToken).expect(200);
  });

  it('answers the last one again within ten seconds: the very same pair', async () => {
    const ana = await register();
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(ana.refreshToken).expect(200)));
    const pairs = answers.map(({ body }) => `${body.accessToken} ${body.refreshToken}`);
    expect(new Set(pairs).size).toBe(1);
    await refresh(answers[0]!.body.refreshToken).expect(200);
  });

  it('ends the session when a dead one comes back after its successor was used', async () => {
    const ana = await register();
    const { body: second } = await refresh(ana.refreshToken).expect(200);
    const { body: third } = await refresh(second.refreshToken).expect(200);
    expect((await refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    expect((await me(third.accessToken).expect(401)).body.code).toBe('session_ended');
    expect((await refresh(third.refreshToken).expect(401)).body.code).toBe('session_ended');
  });

  it('ends the session when a dead one comes back after ten seconds', async () => {
    const ana = await register();
    const { body: second } = await refresh(ana.refreshToken).expect(200);
    await db.query(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL`);
    expect((await refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    await me(second.accessToken).expect(401);
  });

  it('touches no other session', async () => {
    const ana = await register();
    const { body: phone } = await login(ana.user.username).expect(200);
    const { body: second } = await refresh(ana.refreshToken).expect(200);
    await refresh(second.refreshToken).expect(200);
    await refresh(ana.refreshToken).expect(401);
    await me(phone.accessToken).expect(200);
    await refresh(phone.refreshToken).expect(200);
  });

  it('is over when the session has expired', async () => {
    const ana = await register();
    await db.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [ana.user.id]);
    expect((await refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    expect((await me(ana.accessToken).expect(401)).body.code).toBe('session_ended');
  });

  it('stores no token, only hashes', async () => {
    const ana = await register();
    const { rows } = await db.query(`SELECT encode(token_hash, 'base64') AS hash FROM refresh_tokens`);
    expect(rows.map(({ hash }) => hash)).not.toContain(ana.refreshToken);
    expect(JSON.stringify((await db.query(`SELECT * FROM sessions`)).rows)).not.toContain(ana.refreshToken);
  });
});

describe('sessions', () => {
  it('are listed with the latest first, and tell the current one', async () => {
    const ana = await register();
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

  it('page', async () => {
    const ana = await register();
    for (let i = 0; i < 4; i++) await login(ana.user.username).expect(200);
    const page = (query: string) => api().get(`/v1/auth/sessions?${query}`).set(bearer(ana.accessToken));
    const first = (await page('limit=3').expect(200)).body;
    const second = (await page(`limit=3&cursor=${first.nextCursor}`).expect(200)).body;
    expect(new Set([...first.items, ...second.items].map(({ id }: { id: string }) => id)).size).toBe(5);
    expect(second.nextCursor).toBeNull();
    for (const query of ['limit=0', 'limit=101', 'cursor=x', 'other=1']) await page(query).expect(400);
  });

  it('end one by one, and at once', async () => {
    const ana = await register();
    const { body: phone } = await login(ana.user.username).expect(200);
    const { body } = await api().get('/v1/auth/sessions').set(bearer(ana.accessToken)).expect(200);
    const { id } = body.items.find((session: { current: boolean }) => !session.current);
    await api().delete(`/v1/auth/sessions/${id}`).set(bearer(ana.accessToken)).expect(204);
    expect((await me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    expect((await refresh(phone.refreshToken).expect(401)).body.code).toBe('session_ended');
    await me(ana.accessToken).expect(200);
    await api().delete(`/v1/auth/sessions/${id}`).set(bearer(ana.accessToken)).expect(404);
  });

  it('of somebody else are not there', async () => {
    const [ana, bob] = [await register(), await register()];
    const { body } = await api().get('/v1/auth/sessions').set(bearer(bob.accessToken)).expect(200);
    const foreign = await api().delete(`/v1/auth/sessions/${body.items[0].id}`).set(bearer(ana.accessToken)).expect(404);
    const random = await api().delete('/v1/auth/sessions/0199f3a1-5d0e-4c3a-9b1f-2f6d1f0c8a11').set(bearer(ana.accessToken)).expect(404);
    expect({ ...foreign.body, requestId: 0 }).toEqual({ ...random.body, requestId: 0 });
    await me(bob.accessToken).expect(200);
    await api().delete('/v1/auth/sessions/me').set(bearer(ana.accessToken)).expect(400);
  });

  it('logout ends this one, and tells every process', async () => {
    const heard: string[] = [];
    await db.query('LISTEN parley_sessions');
    db.on('notification', ({ payload }) => heard.push(payload!));
    const ana = await register();
    const { body: phone } = await login(ana.user.username).expect(200);
    await api().post('/v1/auth/logout').set(bearer(phone.accessToken)).expect(204);
    expect((await me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    await refresh(phone.refreshToken).expect(401);
    await me(ana.accessToken).expect(200);
    await db.query('UNLISTEN parley_sessions');
    expect(heard.map((payload) => JSON.parse(payload))).toEqual([
      { sessionIds: [expect.any(String)], userId: ana.user.id, reason: 'logout' },
    ]);
  });

  it('are bounded: the longest unused one makes room', async () => {
    const small = await startApp({ env: { SESSIONS_PER_USER: '3' }, database: server.database });
    try {
      const ana = await register();
      const sessions: Person[] = [];
      for (let i = 0; i < 3; i++) {
        const { body } = await request(small.url)
          .post('/v1/auth/login')
          .send({ username: ana.user.username, password: PASSWORD })
          .expect(200);
        sessions.push(body);
      }
      await me(ana.accessToken).expect(401);
      for (const { accessToken } of sessions) await me(accessToken).expect(200);
    } finally {
      await small.close();
    }
  });

  it('note their use once a minute', async () => {
    const ana = await register();
    const used = async () => (await db.query('SELECT last_used_at AS at FROM sessions WHERE user_id = $1', [ana.user.id])).rows[0].at;
    const opened = await used();
    await me(ana.accessToken).expect(200);
    expect(await used()).toEqual(opened);
    await db.query(`UPDATE sessions SET last_used_at = now() - interval '2 minutes' WHERE user_id = $1`, [ana.user.id]);
    await me(ana.accessToken).expect(200);
    expect((await used()).getTime()).toBeGreaterThanOrEqual(opened.getTime());
  });

  it('are ended on another node at once', async () => {
    const other = await startApp({ database: server.database });
    try {
      const ana = await register();
      await me(ana.accessToken, other.url).expect(200);
      await request(other.url).post('/v1/auth/logout').set(bearer(ana.accessToken)).expect(204);
      await me(ana.accessToken).expect(401);
    } finally {
      await other.close();
    }
  });
});

describe('password', () => {
  const change = (token: string, currentPassword: string, newPassword: string) =>
    api().post('/v1/auth/password').set(bearer(token)).send({ currentPassword, newPassword });

  it('is changed, and ends every other session', async () => {
    const ana = await register();
    const { body: phone } = await login(ana.user.username).expect(200);
    await change(ana.accessToken, PASSWORD, 'a staple of my own').expect(204);
    await me(ana.accessToken).expect(200);
    await refresh(ana.refreshToken).expect(200);
    expect((await me(phone.accessToken).expect(401)).body.code).toBe('session_ended');
    await login(ana.user.username).expect(401);
    await login(ana.user.username, 'a staple of my own').expect(200);
  });

  it('stays when the current one is wrong, or the new one is poor', async () => {
    const ana = await register();
    expect((await change(ana.accessToken, 'not the password', 'a staple of my own').expect(422)).body.code).toBe('password_wrong');
    expect((await change(ana.accessToken, PASSWORD, 'iloveyou').expect(422)).body.code).toBe('password_common');
    await change(ana.accessToken, PASSWORD, 'short').expect(400);
    await login(ana.user.username).expect(200);
  });

  it('is changed by one of two at once', async () => {
    const ana = await register();
    const answers = await Promise.all(['the first of them', 'the other of them'].map((next) => change(ana.accessToken, PASSWORD, next)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 422]);
  });

  it('leaves no session that the old one opened, under any race', async () => {
    const ana = await register();
    const [changed, ...logins] = await Promise.all([
      change(ana.accessToken, PASSWORD, 'a staple of my own'),
      ...Array.from({ length: 8 }, () => login(ana.user.username)),
    ]);
    expect(changed.status).toBe(204);
    for (const { status, body } of logins) {
      if (status === 200) await me(body.accessToken).expect(401);
      else expect(body.code).toBe('credentials_invalid');
    }
  });
});
