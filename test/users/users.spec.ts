import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type RunningApp, startApp } from '../support/app.js';
import { bearer, type LoggedIn, Logins } from '../support/logins.js';

const NOBODY = '0199f3a1-5d0e-4c3a-9b1f-2f6d1f0c8a11';

let server: RunningApp;
let logins: Logins;
let db: pg.Client;
let ana: LoggedIn;

const get = (path: string) => logins.api.get(`/v1/users${path}`).set(bearer(ana.accessToken));
const search = (query: string, more = '') => get(`?query=${encodeURIComponent(query)}${more}`);
const lookup = (body: object) => logins.api.post('/v1/users/lookup').set(bearer(ana.accessToken)).send(body);
const names = (items: { username: string }[]) => items.map(({ username }) => username);

/** Marks the account as deleted or deactivated. */
const mark = (userId: string, what: 'deleted_at' | 'deactivated_at') =>
  db.query(`UPDATE users SET ${what} = now() WHERE id = $1`, [userId]);

beforeAll(async () => {
  server = await startApp();
  logins = new Logins(server);
  db = new pg.Client(server.databaseUrl);
  await db.connect();
  ana = await logins.register('ana', { displayName: 'Ana Lima' });
});

afterAll(async () => {
  await db?.end();
  await server?.close();
});

describe('getting a user', () => {
  it('answers any user, without the private fields', async () => {
    const bob = await logins.register('bob', { displayName: 'Bob' });
    const { body } = await get(`/${bob.user.id.toUpperCase()}`).expect(200);
    expect(body).toEqual(bob.user);
    expect(Object.keys(body).sort()).toEqual(['avatarUrl', 'createdAt', 'deleted', 'displayName', 'id', 'username']);
  });

  it('answers 404 for an unknown id, and 400 for no UUID', async () => {
    expect((await get(`/${NOBODY}`).expect(404)).body.code).toBe('user_not_found');
    expect((await get('/bob').expect(400)).body.code).toBe('validation_failed');
  });

  it('needs a token', async () => {
    for (const path of ['', '/me', `/${ana.user.id}`]) await logins.api.get(`/v1/users${path}`).expect(401);
  });

  it('marks a deleted user', async () => {
    const gone = await logins.register();
    await mark(gone.user.id, 'deleted_at');
    expect((await get(`/${gone.user.id}`).expect(200)).body).toMatchObject({ id: gone.user.id, deleted: true });
    expect((await logins.me(gone.accessToken).expect(401)).body.code).toBe('session_ended');
  });
});

describe('search', () => {
  beforeAll(async () => {
    await logins.register('mariana', { displayName: 'Mariana Costa' });
    await logins.register('anabel', { displayName: '李小龍' });
    await logins.register('zoe_1', { displayName: '100% Zoë' });
    await logins.register('zoex1', { displayName: 'Зоя' });
  });

  it('lists the exact username first, then usernames that begin with the query, then the rest', async () => {
    const { body } = await search('ANA').expect(200);
    expect(names(body.items)).toEqual(['ana', 'anabel', 'mariana']);
    expect(body.nextCursor).toBeNull();
    expect(body.items[0]).toEqual(ana.user);
  });

  it.each([
    ['the display name', 'costa', ['mariana']],
    ['another script', '小龍', ['anabel']],
    ['another case of another script', 'зоя', ['zoex1']],
    ['a percent sign as itself', '100%', ['zoe_1']],
    ['an underscore as itself', 'zoe_', ['zoe_1']],
    ['a backslash as itself', '\\', []],
    ['a name of no user', 'no such name', []],
  ])('finds by %s', async (_, query, expected) => {
    expect(names((await search(query).expect(200)).body.items)).toEqual(expected);
  });

  it('pages without a gap or a duplicate, also while users register', async () => {
    const found: string[] = [];
    let cursor = '';
    do {
      const { body } = await search('ana', `&limit=1${cursor && `&cursor=${cursor}`}`).expect(200);
      found.push(...names(body.items));
      cursor = body.nextCursor ?? '';
    } while (cursor);
    expect(found).toEqual(['ana', 'anabel', 'mariana']);
  });

  it('lists all users by username without a query', async () => {
    const { body } = await get('?limit=3').expect(200);
    expect(names(body.items)).toEqual(['ana', 'anabel', 'bob']);
  });

  it('leaves out deleted and deactivated users', async () => {
    const [gone, off] = [await logins.register('hidden1'), await logins.register('hidden2')];
    await logins.register('hidden3');
    await mark(gone.user.id, 'deleted_at');
    await mark(off.user.id, 'deactivated_at');
    expect(names((await search('hidden').expect(200)).body.items)).toEqual(['hidden3']);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=abc', 'cursor=WzFd', 'sort=id', `query=${'x'.repeat(65)}`, 'query=a&query=b'])(
    'refuses ?%s',
    async (query) => {
      expect((await get(`?${query}`).expect(400)).body.code).toBe('validation_failed');
    },
  );

  it('refuses a cursor of another list, and NUL', async () => {
    const cursor = Buffer.from(JSON.stringify([{ $gt: '' }, 'x'])).toString('base64url');
    await get(`?cursor=${cursor}`).expect(400);
    const wrong = Buffer.from(JSON.stringify(['x', null])).toString('base64url');
    await get(`?cursor=${wrong}`).expect(400);
    expect((await search('a\0b').expect(422)).body.code).toBe('unstorable_text');
  });
});

describe('lookup', () => {
  it('accepts ids and usernames together, and leaves out unknown ones', async () => {
    const { body } = await lookup({ ids: [ana.user.id.toUpperCase(), NOBODY], usernames: ['BOB', 'ana', 'no.such'] }).expect(200);
    expect(names(body.items)).toEqual(['ana', 'bob']);
    expect(body.items[0]).toEqual(ana.user);
  });

  it('finds a deleted user by id, not by username', async () => {
    const gone = await logins.register();
    await mark(gone.user.id, 'deleted_at');
    expect((await lookup({ ids: [gone.user.id] }).expect(200)).body.items).toHaveLength(1);
    expect((await lookup({ usernames: [gone.user.username] }).expect(200)).body.items).toHaveLength(0);
  });

  it('accepts at most one hundred', async () => {
    await lookup({ ids: Array(100).fill(NOBODY) }).expect(200);
    await lookup({ ids: Array(101).fill(NOBODY) }).expect(400);
    await lookup({ usernames: Array(101).fill('ana') }).expect(400);
  });

  it.each([
    ['an unknown field', { emails: ['a@b.c'] }],
    ['no list', { ids: NOBODY }],
    ['an object', { ids: { length: 1 } }],
    ['a nested list', { usernames: [['ana']] }],
    ['a text that is no UUID', { ids: ['ana'] }],
  ])('refuses %s', async (_, body) => {
    await lookup(body).expect(400);
  });

  it('finds no user without ids and usernames', async () => {
    for (const body of [{}, { ids: null, usernames: null }])
      expect((await lookup(body).expect(200)).body).toEqual({ items: [], nextCursor: null });
  });
});
