import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import { type RunningApp, startApp, TEST_ENVIRONMENT } from '../support/app.js';
import { TestSocket } from '../support/test-socket.js';
import { AUDIENCE, IdentityService, ISSUER, newKey, pem } from '../support/identity-service.js';
import { bearer, Logins, PASSWORD } from '../support/logins.js';
import { AppProcess } from '../support/processes.js';
import { until } from '../support/until.js';

let identity: IdentityService;
let server: RunningApp;
let logins: Logins;
let db: pg.Client;

const code = async (token: string): Promise<string> => {
  const { status, body } = await logins.me(token);
  return `${status} ${body.code ?? body.username}`;
};
const logout = (token: string) => logins.api.post('/v1/auth/logout').set(bearer(token)).expect(204);

beforeAll(async () => {
  identity = await IdentityService.start();
  server = await startApp({ env: { ...identity.env, AUTH_JWKS_REFETCH_SECONDS: '1' } });
  logins = new Logins(server);
  db = new pg.Client(server.databaseUrl);
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await server?.close();
  await identity?.close();
});

describe('the first token of a subject', () => {
  it('creates the user', async () => {
    const token = await identity.token({ sub: 'ana@id', preferred_username: 'Ana.Lima', name: 'Ana Lima' });
    const { body } = await logins.me(token).expect(200);
    expect(body).toMatchObject({ username: 'ana.lima', displayName: 'Ana Lima', admin: false, deleted: false });
    const again = await logins.me(await identity.token({ sub: 'ana@id', preferred_username: 'another' })).expect(200);
    expect(again.body).toEqual(body);
  });

  it('creates one user for concurrent requests', async () => {
    const token = await identity.token({ sub: 'many', preferred_username: 'many' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => logins.me(token).expect(200)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('gives twelve subjects with one username claim twelve usernames', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 12 }, (_, i) => identity.token({ sub: `twin-${i}`, preferred_username: 'twin' })),
    );
    const answers = await Promise.all(tokens.map((token) => logins.me(token).expect(200)));
    const names = answers.map(({ body }) => body.username);
    expect(new Set(names).size).toBe(12);
    expect(names).toContain('twin');
    for (const name of names) expect(name).toMatch(/^twin(-[0-9a-f]{6})?$/);
  });

  it.each([
    ['an address', { email: 'zoe.k@example.org' }, /^zoe\.k$/],
    ['letters that are not allowed', { preferred_username: 'Zoë Ünal!' }, /^zoeunal$/],
    ['too short a name', { preferred_username: 'z' }, /^z-[0-9a-f]{6}$/],
    ['too long a name', { preferred_username: 'q'.repeat(99) }, /^q{24}$/],
    ['a reserved name', { preferred_username: 'all' }, /^all-[0-9a-f]{6}$/],
    ['a username of deleted users', { preferred_username: 'deleted-1' }, /^user-[0-9a-f]{12}$/],
    ['no name', {}, /^user-[0-9a-f]{6}$/],
    ['a name that is no text', { preferred_username: { $ne: 1 }, name: ['x'] }, /^user-[0-9a-f]{6}$/],
    ['a display name that cannot be stored', { preferred_username: 'nully', name: 'a\0b' }, /^nully$/],
  ])('derives a username from %s', async (what, claims, expected) => {
    const { body } = await logins.me(await identity.token({ sub: `sub of ${what}`, ...claims })).expect(200);
    expect(body.username).toMatch(expected);
  });
});

describe('a token of the other service', () => {
  const now = () => Math.floor(Date.now() / 1000);

  it('is accepted beside tokens of this server', async () => {
    const ana = await logins.register();
    await logins.me(ana.accessToken).expect(200);
    await logins.me(await identity.token({ sub: 'beside' })).expect(200);
    await logins.login(ana.user.username).expect(200);
  });

  it.each([
    ['another issuer', () => identity.token({ sub: 'x', iss: 'https://else.example.org/' })],
    ['the issuer of this server', () => identity.token({ sub: 'x', iss: 'parley', aud: 'parley' })],
    ['another audience', () => identity.token({ sub: 'x', aud: 'shop' })],
    ['no subject', () => identity.token({ sub: undefined })],
    ['an empty subject', () => identity.token({ sub: '' })],
    ['a subject that cannot be stored', () => identity.token({ sub: 'a\0b' })],
    ['too long a subject', () => identity.token({ sub: 'x'.repeat(256) })],
    ['no time of issue', () => identity.token({ sub: 'x', iat: undefined })],
    ['a time of issue in the future', () => identity.token({ sub: 'x' }, { issued: 60 })],
    ['no expiry', () => identity.token({ sub: 'x', exp: undefined })],
    ['a start of validity in the future', () => identity.token({ sub: 'x', nbf: now() + 60 })],
    ['another key with a known id', async () => identity.token({ sub: 'x' }, { key: await newKey('first') })],
    ['an algorithm that is not on the list', async () => identity.token({ sub: 'x' }, { key: { ...identity.keys[0]!, alg: 'RS512' } })],
  ])('is refused with %s', async (_, token) => {
    expect(await code(await token().catch(() => 'unsignable'))).toBe('401 token_invalid');
  });

  it('is answered by token_expired after its expiry', async () => {
    expect(await code(await identity.token({ sub: 'x' }, { issued: -700, expires: -60 }))).toBe('401 token_expired');
  });

  it('is refused without signature, and signed with the public key as a secret', async () => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = encode({ iss: ISSUER, aud: AUDIENCE, sub: 'x', iat: now(), exp: now() + 60 });
    expect(await code(`${encode({ alg: 'none' })}.${claims}.`)).toBe('401 token_invalid');
    const body = `${encode({ alg: 'HS256', kid: 'first' })}.${claims}`;
    const signature = createHmac('sha256', await pem(identity.keys[0]!))
      .update(body)
      .digest('base64url');
    expect(await code(`${body}.${signature}`)).toBe('401 token_invalid');
  });

  it('cannot be signed with the secret of this server for an external session', async () => {
    const { body } = await logins.api
      .get('/v1/auth/sessions')
      .set(bearer(await identity.token({ sub: 'theirs' })))
      .expect(200);
    expect(body.items).toHaveLength(1);
    await logins.refresh(body.items[0].id).expect(401);
  });
});

describe('the session of a token', () => {
  const sessions = async (token: string) => (await logins.api.get('/v1/auth/sessions').set(bearer(token)).expect(200)).body.items;

  it('is listed, one for each `sid`', async () => {
    const first = await identity.token({ sub: 'bob', sid: 'laptop' });
    await logins.me(await identity.token({ sub: 'bob', sid: 'phone' })).expect(200);
    await logins.me(await identity.token({ sub: 'bob', sid: 'laptop' })).expect(200);
    expect((await sessions(first)).map(({ current }: { current: boolean }) => current).sort()).toEqual([false, true]);
  });

  it('ends by logout: earlier tokens are refused, a later one starts it anew', async () => {
    const [token, sibling] = [await identity.token({ sub: 'eve' }), await identity.token({ sub: 'eve' }, { expires: 900 })];
    await logins.me(token).expect(200);
    await logout(token);
    expect(await code(token)).toBe('401 session_ended');
    expect(await code(sibling)).toBe('401 session_ended');
    const newer = await identity.token({ sub: 'eve' }, { issued: 3 });
    await logins.me(newer).expect(200);
    expect(await sessions(newer)).toHaveLength(1);
  });

  it('ends by its id, without ending others', async () => {
    const [laptop, phone] = [await identity.token({ sub: 'kim', sid: 'a' }), await identity.token({ sub: 'kim', sid: 'b' })];
    await logins.me(phone).expect(200);
    const { id } = (await sessions(laptop)).find(({ current }: { current: boolean }) => !current);
    await logins.api.delete(`/v1/auth/sessions/${id}`).set(bearer(laptop)).expect(204);
    expect(await code(phone)).toBe('401 session_ended');
    await logins.me(laptop).expect(200);
  });

  it('is refused to a deactivated user, with any token, until the activation', async () => {
    const token = await identity.token({ sub: 'off' });
    const { body } = await logins.me(token).expect(200);
    await db.query('UPDATE users SET deactivated_at = now() WHERE id = $1', [body.id]);
    expect(await code(token)).toBe('401 session_ended');
    expect(await code(await identity.token({ sub: 'off', sid: 'another' }, { issued: 3 }))).toBe('401 session_ended');
    await db.query('UPDATE users SET deactivated_at = NULL WHERE id = $1', [body.id]);
    await logins.me(token).expect(200);
  });

  it('cannot change a password', async () => {
    const { body } = await logins.api
      .post('/v1/auth/password')
      .set(bearer(await identity.token({ sub: 'nopass' })))
      .send({ currentPassword: 'whatever it was', newPassword: 'a staple of my own' })
      .expect(422);
    expect(body.code).toBe('password_wrong');
  });
});

describe('a socket', () => {
  it('stays as long as its token, which may be longer than the maximum of a timer', async () => {
    // Its own process, so that only its warnings of Node are read.
    const node = AppProcess.server({ ...TEST_ENVIRONMENT, LOG_LEVEL: 'warn', ...identity.env, DATABASE_URL: server.databaseUrl });
    try {
      const url = await node.url();
      const token = await identity.token({ sub: 'patient' }, { expires: 60 * 24 * 3_600 });
      const socket = await TestSocket.open(url, { token });
      await socket.flushes();
      expect(socket.all('session:ended')).toEqual([]);
      socket.close();
    } finally {
      await node.stop();
    }
    expect(node.stderr).not.toContain('TimeoutOverflowWarning');
  });
});

describe('the keys', () => {
  it('are fetched once for many tokens, and rotate', async () => {
    const before = identity.fetches;
    for (let i = 0; i < 10; i++) await logins.me(await identity.token({ sub: 'rotating' })).expect(200);
    expect(identity.fetches).toBe(before);
    const next = await newKey('second', 'ES256');
    identity.keys = [...identity.keys, next];
    const token = await identity.token({ sub: 'rotating' }, { key: next });
    await until('the new key', async () => (await logins.me(token)).status === 200);
    identity.keys = [next];
    await logins.me(await identity.token({ sub: 'rotating' })).expect(200);
  });

  it('with an unknown id cause few fetches', async () => {
    const before = identity.fetches;
    const outsider = await newKey('unknown');
    const tokens = await Promise.all(Array.from({ length: 40 }, (_, i) => identity.token({ sub: `x${i}` }, { key: outsider })));
    const answers = await Promise.all(tokens.map(code));
    expect(new Set(answers)).toEqual(new Set(['401 token_invalid']));
    expect(identity.fetches - before).toBeLessThanOrEqual(2);
  });

  it.each([
    ['an error', 500, null],
    ['an object without keys', 200, '{}'],
    ['invalid keys', 200, '{"keys":[1]}'],
    ['a page', 200, '<!doctype html><title>Hello</title>'],
    ['too large a body', 200, `{"keys":[],"more":"${'x'.repeat(1_000_000)}"}`],
  ])('answered by %s: 503 and few fetches, until the service recovers', async (_, trouble, words) => {
    const other = await IdentityService.start();
    Object.assign(other, { status: trouble, body: words });
    const node = await startApp({ env: other.env, databaseUrl: server.databaseUrl });
    try {
      const ask = async () => logins.me(await other.token({ sub: 'waiting' }), node.url);
      const answers = await Promise.all(Array.from({ length: 20 }, ask));
      for (let i = 0; i < 20; i++) answers.push(await ask());
      for (const { status, body, headers } of answers) {
        expect([status, body.code]).toEqual([503, 'identity_unavailable']);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      expect(other.fetches).toBeLessThanOrEqual(2);
      Object.assign(other, { status: 200, body: null });
      await until('the keys', async () => (await ask()).status === 200);
    } finally {
      await node.close();
      await other.close();
    }
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be one configured public key: %s', async (alg) => {
    const key = await newKey('one', alg);
    const publicKey = (await pem(key)).replaceAll('\n', '\\n');
    const node = await startApp({ env: { AUTH_JWT_PUBLIC_KEY: publicKey, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE } });
    try {
      await logins.me(await identity.token({ sub: 'pem' }, { key }), node.url).expect(200);
      const wrong = await identity.token({ sub: 'pem' }, { key: await newKey('one', alg === 'RS256' ? 'ES256' : 'RS256') });
      expect((await logins.me(wrong, node.url).expect(401)).body.code).toBe('token_invalid');
    } finally {
      await node.close();
    }
  });
});

describe('with AUTH_BUILT_IN off', () => {
  it('only tokens of the other service are accepted', async () => {
    const ana = await logins.register();
    const node = await startApp({ env: { ...identity.env, AUTH_BUILT_IN: 'off' }, databaseUrl: server.databaseUrl });
    try {
      const token = await identity.token({ sub: 'only' });
      await logins.me(token, node.url).expect(200);
      expect((await logins.me(ana.accessToken, node.url).expect(401)).body.code).toBe('token_invalid');
      const bodies = { register: { username: 'new-user', password: PASSWORD }, login: { username: 'ana', password: PASSWORD } };
      for (const [route, body] of [...Object.entries(bodies), ['refresh', { refreshToken: ana.refreshToken }] as const]) {
        const answer = await request(node.url).post(`/v1/auth/${route}`).send(body).expect(404);
        expect(answer.body.code).toBe('built_in_auth_off');
      }
      const change = { currentPassword: PASSWORD, newPassword: 'a staple of my own' };
      await request(node.url).post('/v1/auth/password').set(bearer(token)).send(change).expect(404);
      await request(node.url).post('/v1/auth/logout').set(bearer(token)).expect(204);
    } finally {
      await node.close();
    }
    await logins.me(ana.accessToken).expect(200);
  });
});
