import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { ROOM_PERMISSIONS } from '../../src/common/permissions.js';
import { CLIENT_EVENTS } from '../../src/realtime/wire/wire.js';
import { ROOM_TYPES } from '../../src/room-access/room.types.js';
import { call, type Person, World } from '../support/world.js';
import { variantName, VARIANTS } from './support/actors.js';
import { ROWS } from './support/matrix.js';
import { PERMISSIONS, PRESETS } from './support/permissions.js';
import { type UserFixture, OVER, PEOPLE_ROWS, type PeopleRow, type Caller, CALLERS } from './support/user.rows.js';

// Every route and event that belongs to no room, tried by every caller; and that no route or event is without a row in these tables.

let world: World;
let over: Record<(typeof OVER)[number], Person>;
/** For the rows by which nothing is changed. */
let kept: Company;

beforeAll(async () => {
  world = await World.start();
  const admin = await platformAdmin();
  over = await world.people(...OVER);
  await admin.posts(`/users/${over.inactive.id}/deactivate`);
  await over.ended.posts('/auth/logout');
  kept = await company();
});

afterAll(() => world?.stop());

async function platformAdmin(): Promise<Person> {
  const admin = await world.person('platform');
  await admin.becomesPlatformAdmin();
  return admin;
}

interface Company {
  cast: UserFixture;
  callers: Record<Caller, Person | null>;
}

/** The users whom a row needs. */
async function company(): Promise<Company> {
  const [{ one, other, outsider, blocked, blocking, bystander }, platform] = await Promise.all([
    world.people('one', 'other', 'outsider', 'blocked', 'blocking', 'bystander'),
    platformAdmin(),
  ]);
  const asked = await other.posts('/friend-requests', { userId: one.id });
  await one.befriends(bystander);
  for (const person of [one, bystander]) {
    await person.puts(`/users/me/blocks/${blocked.id}`);
    await blocking.puts(`/users/me/blocks/${person.id}`);
  }
  const session = (await call(world.url, 'POST', '/auth/login', { body: { username: one.username, password: one.password } })).status;
  expect(session).toBe(200);
  const { items } = await one.gets('/auth/sessions');
  const upload = await one.posts('/media/uploads', { filename: 'a.txt', contentType: 'text/plain', size: 5 });
  const form = new FormData();
  form.append('file', new Blob(['mine alone']), 'mine.txt');
  const sent = await fetch(`${world.url}/v1/media`, {
    method: 'POST',
    headers: { authorization: `Bearer ${one.accessToken}` },
    body: form,
  });
  const cast: UserFixture = {
    ...{ one, bystander, request: asked.id, upload: upload.mediaId },
    session: items.find(({ current }: { current: boolean }) => !current).id,
    file: ((await sent.json()) as { id: string }).id,
    token: new URL(upload.url, world.url).searchParams.get('token')!,
  };
  return { cast, callers: { nobody: null, ...over, outsider, blocked, blocking, platform, other, one } };
}

interface Routed {
  path: unknown;
  methods: Record<string, boolean>;
}

interface Answered {
  status: number;
  body: any;
}

async function ask(row: PeopleRow, cast: UserFixture, me: Person | null): Promise<Answered> {
  const { path = '', body, form } = row.ask(cast, me ?? cast.one);
  if (!row.at.includes(' ')) {
    const socket = await me!.connects();
    const ack = await socket.emits(row.at, body);
    socket.close();
    return { status: ack.ok ? 200 : ack.error.status, body: ack.ok ? ack : ack.error };
  }
  const [method] = row.at.split(' ') as [string];
  const token = me?.accessToken;
  if (!form && typeof body !== 'string') return call(world.url, method, path, { ...(body && { body }), ...(token && { token }) });
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`${world.url}/v1${path}`, {
    method,
    headers,
    body: form ?? new Blob([body as string], { type: 'text/plain' }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : '' };
}

const payload = ({ status, body }: Answered): string => (status < 400 ? String(status) : `${status} ${body.reason ?? body.code}`);

/** The same people, and ids that are nowhere. */
const nowhere = (cast: UserFixture): UserFixture => ({
  ...cast,
  ...{ request: randomUUID(), session: randomUUID(), file: randomUUID(), upload: randomUUID() },
  bystander: Object.assign(Object.create(cast.bystander) as Person, { user: { id: randomUUID() } }),
});

const plain = ({ status, body }: Answered): string => JSON.stringify({ status, ...body, requestId: null });

function wanted(row: PeopleRow, caller: Caller): string {
  if (caller !== 'nobody' && caller !== 'inactive' && caller !== 'ended') return row.answers[caller];
  if (row.open) return row.answers.outsider;
  return caller === 'nobody' ? '401 token_invalid' : '401 session_ended';
}

const titled = PEOPLE_ROWS.map((row) => ({ title: row.what ? `${row.at} (${row.what})` : row.at, row }));

it.each(titled)('$title', async ({ row }) => {
  const { cast, callers } = /^GET|^rooms$|^presence/.test(row.at) ? kept : await company();
  const got: Record<string, string> = {};
  const rule: Record<string, string> = {};
  for (const caller of CALLERS) {
    const me = callers[caller];
    const isEvent = !row.at.includes(' ');
    if (isEvent && (!me || me === over.inactive || me === over.ended)) continue;
    rule[caller] = wanted(row, caller);
    const answer = await ask(row, cast, me);
    got[caller] = payload(answer);
    if (rule[caller] !== 'hidden') continue;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(plain(answer)).toBe(plain(await ask(row, nowhere(cast), me)));
    got[caller] = 'hidden';
  }
  expect(got).toEqual(rule);
});

it('accepts no event of a socket that is not logged in', async () => {
  for (const person of Object.values(over)) {
    await expect(person.connects()).rejects.toMatchObject({ problem: { status: 401, code: 'session_ended' } });
  }
  await expect(over.ended.connects({ token: undefined })).rejects.toMatchObject({ problem: { status: 401, code: 'token_invalid' } });
});

const read = async (at: string, token?: string): Promise<number> =>
  (await call(world.url, 'GET', at.split(' ')[1]!, { ...(token && { token }) })).status;

describe('the tables are whole', () => {
  const rows = new Set([...ROWS, ...PEOPLE_ROWS].map(({ at }) => at));

  it('with a row for every route of the document and of the router, and none for another', async () => {
    const { body } = await call(world.url, 'GET', '/docs/openapi.json');
    const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const written = [...rows].filter((at) => at.includes(' '));
    expect(written.sort()).toEqual(documented.sort());
    const { stack } = world.app.app.getHttpAdapter().getInstance().router as { stack: { route?: Routed }[] };
    const named = stack.flatMap(({ route }) =>
      Object.keys(route?.methods ?? {}).map((method) => `${method.toUpperCase()} ${String(route?.path).replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    // Beside them: the documents, which every client reads, and the answer for an unknown route.
    const beside = named.filter((at) => !rows.has(at) && !/ \/?$| \{\/\*splat\}$/.test(at));
    for (const at of beside) {
      expect(at).toMatch(/^GET \/docs\b/);
      const [nobody, anyUser] = await Promise.all([undefined, kept.cast.one.accessToken].map((token) => read(at, token)));
      expect([at, nobody]).toEqual([at, anyUser]);
    }
    expect(documented.filter((at) => !named.includes(at))).toEqual([]);
  });

  it('with a spec for every kind of room, and with every permission', () => {
    const specs = readdirSync('test/matrix');
    expect(specs).toEqual(
      expect.arrayContaining(VARIANTS.map((variant) => `${variantName(variant).slice(2).replaceAll(' ', '-')}.spec.ts`)),
    );
    expect(Object.keys(PRESETS).sort()).toEqual([...ROOM_TYPES].sort());
    expect(PERMISSIONS).toEqual(ROOM_PERMISSIONS);
  });

  it('with a row for every event that a client may send, and none for another', () => {
    const written = [...rows].filter((at) => !at.includes(' '));
    expect(written.sort()).toEqual(Object.keys(CLIENT_EVENTS).sort());
  });
});

it('lists nothing that the caller may not see', async () => {
  const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
  const room = await ana.opensGroup(bob);
  const message = await ana.sends(room, `@${bob.username} whisperword`);
  await bob.posts(`/rooms/${room.id}/messages/${message.id}/reactions`, { reaction: '👍' });
  const { body } = await call(world.url, 'GET', '/docs/openapi.json');
  const lists = Object.entries(body.paths as Record<string, { get?: object }>).filter(
    ([path, { get }]) => get && path.startsWith('/v1') && !path.includes('{'),
  );
  expect(lists.length).toBeGreaterThan(10);
  for (const [path] of lists) {
    const answer = await zoe.call('GET', path === '/v1/messages/search' ? `${path}?query=whisperword` : path);
    expect(answer.status).toBe(200);
    for (const hidden of [room.id, message.id, 'whisperword"', ana.accessToken]) expect(JSON.stringify(answer.body)).not.toContain(hidden);
  }
});
