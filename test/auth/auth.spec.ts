import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import { type RunningApp, startApp } from '../support/app.js';
import { type LoggedIn, Logins, PASSWORD, SECRET } from '../support/logins.js';

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

describe('register', () => {
  it('creates a user and a session', async () => {
    const { user, accessToken, refreshToken, expiresIn } = await logins.register('Ana_Maria.1', { displayName: 'Ana 🦜' });
    expect(user).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), username: 'ana_maria.1', displayName: 'Ana 🦜', avatarUrl: null, deleted: false },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(expiresIn).toBeGreaterThan(590);
    expect(expiresIn).toBeLessThanOrEqual(600);
    expect(refreshToken).not.toEqual(accessToken);
    const { body } = await logins.me(accessToken).expect(200);
    expect(body).toEqual({
      ...user,
      admin: false,
      my: 0,
      privacy: { friendRequests: 'everyone', directMessages: 'friends', groupInvites: 'friends', presence: 'friends', readReceipts: true },
    });
  });

  it('stores the password only as an Argon2id hash', async () => {
    const { user } = await logins.register();
    const { rows } = await db.query('SELECT password_hash FROM users WHERE id = $1', [user.id]);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  });

  it.each([
    ['too short a username', { username: 'ab' }, 400, 'validation_failed'],
    ['too long a username', { username: 'a'.repeat(33) }, 400, 'validation_failed'],
    ['a space in the username', { username: 'a na' }, 400, 'validation_failed'],
    ['a letter that folds into a-z', { username: 'marK\u212A' }, 400, 'validation_failed'],
    ['a username that is a mention', { username: 'All' }, 422, 'username_reserved'],
    ['a username of deleted users', { username: 'deleted-1' }, 422, 'username_reserved'],
    ['a short password', { password: 'a1b2c3d' }, 400, 'validation_failed'],
    ['a long password', { password: 'x'.repeat(129) }, 400, 'validation_failed'],
    ['a common password', { password: 'Password123' }, 422, 'password_common'],
    ['a password that is no text', { password: { $ne: null } }, 400, 'validation_failed'],
    ['NUL in the display name', { displayName: 'a\0b' }, 422, 'unstorable_text'],
    ['an empty display name', { displayName: '' }, 400, 'validation_failed'],
    ['a column that clients may not set', { admin: true }, 400, 'validation_failed'],
    ['an id', { id: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }, 400, 'validation_failed'],
  ])('refuses %s', async (_, more, status, code) => {
    const { body, headers } = await api()
      .post('/v1/auth/register')
      .send({ username: logins.name(), password: PASSWORD, ...more })
      .expect(status);
    expect(body).toMatchObject({ code, status });
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('accepts the shortest and the longest values', async () => {
    await api().post('/v1/auth/register').send({ username: 'a.b', password: '🦜🦜🦜🦜🦜🦜🦜🦜' }).expect(201);
    await api()
      .post('/v1/auth/register')
      .send({ username: 'z'.repeat(32), password: '🦜'.repeat(128) })
      .expect(201);
    await logins.login('z'.repeat(32), '🦜'.repeat(128)).expect(200);
    await logins.login('z'.repeat(32), '🦜'.repeat(127)).expect(401);
  });

  it('gives a username once, also to ten concurrent requests', async () => {
    const username = logins.name();
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
  it('creates another session', async () => {
    const ana = await logins.register();
    const { body } = await logins.login(ana.user.username.toUpperCase()).expect(200);
    expect(body.user).toEqual(ana.user);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken', 'user']);
    expect(body.refreshToken).not.toBe(ana.refreshToken);
    await logins.me(body.accessToken).expect(200);
    await logins.me(ana.accessToken).expect(200);
  });

  it('answers a wrong password and an unknown user with the same error', async () => {
    const { user } = await logins.register();
    const [wrong, unknown] = await Promise.all([
      logins.login(user.username, 'not the password'),
      logins.login('nobody.here', 'not the password'),
    ]);
    expect(wrong.status).toBe(401);
    expect({ ...wrong.body, requestId: 0 }).toEqual({ ...unknown.body, requestId: 0 });
    expect(wrong.body.code).toBe('credentials_invalid');
  });

  it('takes as long for an unknown user', async () => {
    const slow = await startApp({ env: { ARGON2_MEMORY_KIB: '19456', ARGON2_ITERATIONS: '4' } });
    try {
      await request(slow.url).post('/v1/auth/register').send({ username: 'known', password: PASSWORD }).expect(201);
      const best = { known: Infinity, unknown: Infinity };
      // Alternating, and the best time of each, to exclude other load.
      for (let i = 0; i < 24; i++) {
        const username = i % 2 ? 'known' : 'unknown';
        const began = performance.now();
        await request(slow.url).post('/v1/auth/login').send({ username, password: 'not the password' }).expect(401);
        best[username] = Math.min(best[username], performance.now() - began);
      }
      expect(best.unknown).toBeGreaterThan(best.known / 2);
      expect(best.unknown).toBeLessThan(best.known * 2);
    } finally {
      await slow.close();
    }
  });
});

describe('an access token', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const forge = (claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, secret = SECRET) => {
    const body = `${encode(header)}.${encode(claims)}`;
    const { alg } = header as { alg: string };
    const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[alg];
    return `${body}.${hash ? createHmac(hash, secret).update(body).digest('base64url') : ''}`;
  };
  const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  let ana: LoggedIn;
  let good: Record<string, unknown>;

  beforeAll(async () => {
    ana = await logins.register();
    good = claimsOf(ana.accessToken);
  });

  it('is accepted when valid, and expires after at most ten minutes', async () => {
    await logins.me(forge(good)).expect(200);
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
    ['a start of validity in the future', () => forge({ ...good, nbf: now() + 60 })],
    ['claims that were tampered with', () => ana.accessToken.replace(/\.[^.]+\./, `.${encode({ ...good, exp: now() + 9999 })}.`)],
    ['the refresh token', () => ana.refreshToken],
    ['no token at all', () => ''],
    ['a word', () => 'token'],
  ])('is refused with %s', async (_, token) => {
    const { body, headers } = await logins.me(token()).expect(401);
    expect(body.code).toBe('token_invalid');
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('is refused without the header, and under another scheme', async () => {
    expect((await api().get('/v1/users/me').expect(401)).body.code).toBe('token_invalid');
    expect((await api().get('/v1/users/me').set('authorization', `Basic ${ana.accessToken}`).expect(401)).body.code).toBe('token_invalid');
  });

  it('is answered by token_expired after its expiry', async () => {
    const { body } = await logins.me(forge({ ...good, iat: now() - 700, exp: now() - 100 })).expect(401);
    expect(body.code).toBe('token_expired');
  });

  it('gives every concurrent request its own user', async () => {
    const people: LoggedIn[] = [];
    for (let i = 0; i < 5; i++) people.push(await logins.register());
    const asked = Array.from({ length: 100 }, (_, i) => people[i % 5]!);
    const answers = await Promise.all(asked.map(({ accessToken }) => logins.me(accessToken).expect(200)));
    expect(answers.map(({ body }) => body.id)).toEqual(asked.map(({ user }) => user.id));
  });

  it('is refused for the session of another user', async () => {
    const bob = await logins.register();
    const { body } = await logins.me(forge({ ...good, sub: bob.user.id })).expect(401);
    expect(body.code).toBe('session_ended');
  });

  it('is not accepted as a refresh token', async () => {
    await logins.refresh(ana.accessToken).expect(400);
    expect((await logins.refresh('x'.repeat(43)).expect(401)).body.code).toBe('token_invalid');
  });
});

describe('refresh', () => {
  it('answers a new pair of the same session', async () => {
    const ana = await logins.register();
    const { body } = await logins.refresh(ana.refreshToken).expect(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken']);
    expect(body.refreshToken).not.toBe(ana.refreshToken);
    expect(body.accessToken).not.toBe(ana.accessToken);
    await logins.me(body.accessToken).expect(200);
    const { body: third } = await logins.refresh(body.refreshToken).expect(200);
    await logins.me(third.accessToken).expect(200);
  });

  it('answers a repeat within ten seconds with the same pair', async () => {
    const ana = await logins.register();
    const answers = await Promise.all(Array.from({ length: 6 }, () => logins.refresh(ana.refreshToken).expect(200)));
    const pairs = answers.map(({ body }) => `${body.accessToken} ${body.refreshToken}`);
    expect(new Set(pairs).size).toBe(1);
    await logins.refresh(answers[0]!.body.refreshToken).expect(200);
  });

  it('ends the session when a used token is repeated after the next one was used', async () => {
    const ana = await logins.register();
    const { body: second } = await logins.refresh(ana.refreshToken).expect(200);
    const { body: third } = await logins.refresh(second.refreshToken).expect(200);
    expect((await logins.refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    expect((await logins.me(third.accessToken).expect(401)).body.code).toBe('session_ended');
    expect((await logins.refresh(third.refreshToken).expect(401)).body.code).toBe('session_ended');
  });

  it('ends the session when a used token is repeated after ten seconds', async () => {
    const ana = await logins.register();
    const { body: second } = await logins.refresh(ana.refreshToken).expect(200);
    await db.query(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL`);
    expect((await logins.refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    await logins.me(second.accessToken).expect(401);
  });

  it('does not end other sessions', async () => {
    const ana = await logins.register();
    const { body: phone } = await logins.login(ana.user.username).expect(200);
    const { body: second } = await logins.refresh(ana.refreshToken).expect(200);
    await logins.refresh(second.refreshToken).expect(200);
    await logins.refresh(ana.refreshToken).expect(401);
    await logins.me(phone.accessToken).expect(200);
    await logins.refresh(phone.refreshToken).expect(200);
  });

  it('is refused when the session has expired', async () => {
    const ana = await logins.register();
    await db.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [ana.user.id]);
    expect((await logins.refresh(ana.refreshToken).expect(401)).body.code).toBe('session_ended');
    expect((await logins.me(ana.accessToken).expect(401)).body.code).toBe('session_ended');
  });

  it('stores only hashes of tokens', async () => {
    const ana = await logins.register();
    const { rows } = await db.query(`SELECT encode(token_hash, 'base64') AS hash FROM refresh_tokens`);
    expect(rows.map(({ hash }) => hash)).not.toContain(ana.refreshToken);
    expect(JSON.stringify((await db.query(`SELECT * FROM sessions`)).rows)).not.toContain(ana.refreshToken);
  });
});
