import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { CLIENT_EVENTS } from '../../src/realtime/wire/wire.js';
import { readContract } from '../support/contract.js';
import type { TestSocket } from '../support/test-socket.js';
import { World } from '../support/world.js';
import { EVENTS, OTHER_BODIES, ROUTES, type Things, type Write } from './support/writes.js';

// Every body that the product takes, with every column of the tables that it writes: what the document does not name is refused by its name,
// and nothing anywhere changes. Bodies and columns are those of the documents and of the migrated database.

type Json = any;
type Body = Record<string, unknown>;

const rest: Json = readContract('openapi');
const live: Json = readContract('asyncapi').components.schemas;

const documented = Object.entries<Json>(rest.paths).flatMap(([template, operations]) =>
  Object.entries<Json>(operations)
    .filter(([, { requestBody }]) => requestBody)
    .map(([method, { requestBody }]) => ({
      at: `${method.toUpperCase()} ${template}`,
      schema: requestBody.content['application/json']?.schema,
    })),
);

let world: World;
let db: pg.Client;
let socket: TestSocket;
let things: Things;
let columns: Map<string, { name: string; type: string }[]>;
/** One statement that gives a word for each table, and one that gives every row. */
let printSql: string;
let rowsSql: string;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
  const { ana, bob, dan, eve } = await world.people('ana', 'bob', 'dan', 'eve');
  await db.query(`UPDATE users SET group_invites = 'everyone', friend_requests = 'everyone'`);
  const { id: room } = await ana.posts('/rooms', { type: 'group', userIds: [bob.id] });
  const { id: team } = await ana.posts('/rooms', { type: 'team', name: 'a team', userIds: [bob.id] });
  const message = await ana.sends({ id: room }, 'mine');
  const theirs = await bob.sends({ id: room }, 'theirs');
  const rude = await bob.sends({ id: room }, 'rude');
  const report = await ana.posts(`/rooms/${room}/messages/${rude.id}/report`, { reason: 'rude' });
  things = { ana, bob, dan, eve, room, team, message: message.id, theirs: theirs.id, report: report.id };
  socket = await ana.connects();
  const { rows } = await db.query<{ table: string; name: string; type: string }>(
    `SELECT table_name AS table, column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  columns = new Map(rows.map(({ table }) => [table, rows.filter((column) => column.table === table)]));
  // When a session was last used is written at its own time, jobs and the index of the search follow in the background.
  const kept = [...columns.keys()].filter((table) => !['jobs', 'message_search', 'search_marks'].includes(table));
  printSql = kept
    .map(
      (table) =>
        `SELECT '${table}' AS name, (SELECT string_agg(j, '|' ORDER BY j) FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS j FROM ${table} t) x) AS print`,
    )
    .join(' UNION ALL ');
  const keys = await db.query<{ table: string; key: string }>(
    `SELECT i.indrelid::regclass::text AS table, string_agg('t.' || a.attname || '::text', ' || '' '' || ' ORDER BY a.attnum) AS key
     FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indisprimary GROUP BY 1`,
  );
  const keyOf = new Map(keys.rows.map(({ table, key }) => [table, key]));
  rowsSql = kept
    .map((table) => `SELECT '${table} ' || ${keyOf.get(table)!} AS at, to_jsonb(t) - 'last_used_at' AS row FROM ${table} t`)
    .join(' UNION ALL ');
});

afterAll(() => world?.stop());

/** All that is kept, by table. */
async function prints(): Promise<Record<string, string>> {
  const { rows } = await db.query<{ name: string; print: string }>(printSql);
  return Object.fromEntries(rows.map(({ name, print }) => [name, print]));
}

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A value that an attacker would like to write to such a column. */
function wanted(type: string): unknown {
  if (type === 'uuid') return things.bob.id;
  if (type === 'boolean') return true;
  if (type === 'ARRAY') return ['x'];
  if (type === 'jsonb') return { x: 1 };
  if (type.startsWith('timestamp')) return '2001-01-01T00:00:00.000Z';
  return /int|numeric/.test(type) ? 0 : 'owner';
}

const ALIASES = (): Body => ({
  ...{
    role: 'owner',
    permissions: ['can_manage_roles'],
    ownerId: things.bob.id,
    owner: things.bob.id,
    isAdmin: true,
    admin: true,
    isOwner: true,
  },
  ...{
    userId: things.bob.id,
    user: { id: things.bob.id },
    senderId: things.bob.id,
    from: things.bob.id,
    roomId: things.team,
    room: things.team,
  },
  ...{
    id: things.theirs,
    ts: 0,
    deleted: false,
    membership: { role: 'owner' },
    invitedBy: things.bob.id,
    passwordHash: 'x',
    sessionId: things.bob.id,
  },
});

/** Every field that such a body might be given, with a value: the columns by both names, once with null, and what else people try. */
function fieldsOf({ tables }: Write): [string, unknown][] {
  const all = tables.flatMap((table) => columns.get(table)!);
  return [
    ...Object.entries(ALIASES()),
    ...all.flatMap(({ name, type }): [string, unknown][] => [
      [camel(name), wanted(type)],
      [name, wanted(type)],
      [name, null],
    ]),
  ];
}

const resolved = (schema: Json, schemas: Json): Json => (schema?.$ref ? schemas[schema.$ref.split('/').at(-1)] : schema);
const known = (schema: Json, schemas: Json): string[] => Object.keys(resolved(schema, schemas)?.properties ?? {});

/** What is tried of a body: the field, and the whole body with it. */
interface Try {
  readonly field: string;
  readonly body: unknown;
}

/** The body with each field that its schema does not have; then the same in its nested objects, and objects in place of strings. */
function triesOf(write: Write, schema: Json, schemas: Json): Try[] {
  const properties = known(schema, schemas);
  const unknown = fieldsOf(write).filter(([field]) => !properties.includes(field));
  const outer = unknown.map(([field, value]): Try => ({ field, body: { ...write.body(things), [field]: value } }));
  const inner = write.inner?.(things);
  return inner ? [...outer, ...within(inner, fieldsOf(write), (body) => body)] : outer;
}

/** The fields within the objects and lists of a body. The schema of a nested object decides which fields it may have. */
function within(body: Body, fields: [string, unknown][], whole: (body: Body) => unknown): Try[] {
  const put = (key: string, value: unknown): unknown => whole({ ...body, [key]: value });
  return Object.entries(body).flatMap(([key, value]) => {
    const item: unknown = Array.isArray(value) ? value[0] : value;
    if (Array.isArray(value) && typeof item === 'string') {
      return fields.map(([field, wish]): Try => ({ field: key, body: put(key, [{ id: item, userId: item, [field]: wish }]) }));
    }
    if (typeof item !== 'object' || item === null) return [];
    const add = (field: string, wish: unknown): unknown =>
      Array.isArray(value) ? [{ ...item, [field]: wish }] : { ...item, [field]: wish };
    const own = Object.keys(item);
    return fields.filter(([field]) => !own.includes(field)).map(([field, wish]): Try => ({ field: key, body: put(key, add(field, wish)) }));
  });
}

/** Calls at the same time. */
const AT_ONCE = 16;

/** Makes the tries and gives those that were not refused for the field alone. */
async function taken(tries: readonly Try[], ask: (body: unknown) => Promise<{ status: number; body: Json }>): Promise<string[]> {
  const wrong: string[] = [];
  for (let at = 0; at < tries.length; at += AT_ONCE) {
    const some = tries.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map((one) => ask(one.body)));
    for (const [index, { status, body }] of answers.entries()) {
      const { field, body: sent } = some[index]!;
      const named = status === 400 && body.errors?.every((error: Json) => error.path === field || error.path.startsWith(`${field}.`));
      if (!named || !body.errors?.length) wrong.push(`${JSON.stringify(sent)} → ${status} ${JSON.stringify(body)}`);
    }
  }
  return wrong;
}

const way = (write: Write): [string, string] => {
  const [method, template] = write.at.split(' ') as [string, string];
  const ids = write.ids?.(things) ?? {};
  return [method, template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name]!)];
};

const asks = (write: Write) => (body: unknown) => things.ana.call(...way(write), body);
const sends = (write: Write) => async (body: unknown) => {
  const { ok, error } = await socket.emits(write.at, body);
  return ok ? { status: 200, body: {} } : { status: error.status, body: error };
};

describe('every body and every payload', () => {
  it('has its row here', () => {
    expect([...ROUTES.map(({ at }) => at), ...OTHER_BODIES].sort()).toEqual(documented.map(({ at }) => at).sort());
    expect(EVENTS.map(({ at }) => at).sort()).toEqual(Object.keys(CLIENT_EVENTS).sort());
  });

  it('is held against tables that there are', () => {
    expect([...ROUTES, ...EVENTS].flatMap(({ tables }) => tables).filter((table) => !columns.has(table))).toEqual([]);
  });
});

describe('a field that is not in the document is refused, and changes nothing', () => {
  it.each(ROUTES.map((write) => [write.at, write] as const))('%s', async (_, write) => {
    const { schema } = documented.find(({ at }) => at === write.at)!;
    const tries = triesOf(write, schema, rest.components.schemas);
    expect(tries.length).toBeGreaterThan(20);
    const before = await prints();
    expect(await taken(tries, asks(write))).toEqual([]);
    expect(await prints()).toEqual(before);
  });

  it.each(EVENTS.map((write) => [write.at, write] as const))('%s', async (_, write) => {
    const { payload } = CLIENT_EVENTS[write.at as keyof typeof CLIENT_EVENTS];
    const tries = triesOf(write, live[payload.name], live);
    expect(tries.length).toBeGreaterThan(20);
    const before = await prints();
    expect(await taken(tries, sends(write))).toEqual([]);
    expect(await prints()).toEqual(before);
  });

  it('POST /v1/media', async () => {
    const before = await prints();
    for (const { name } of columns.get('media')!) {
      for (const field of new Set([name, camel(name)])) {
        const form = new FormData();
        form.append(field, things.bob.id);
        form.append('file', new Blob(['x']), 'x.txt');
        const headers = { authorization: `Bearer ${things.ana.accessToken}` };
        const { status } = await fetch(`${world.url}/v1/media`, { method: 'POST', headers, body: form });
        expect([field, status]).toEqual([field, 400]);
      }
    }
    expect(await prints()).toEqual(before);
  });
});

/** Every row that is kept, column by column, under its table and key. */
async function everyRow(): Promise<Map<string, Body>> {
  const found = await db.query<{ at: string; row: Body }>(rowsSql);
  return new Map(found.rows.map(({ at, row }) => [at, row]));
}

/** What counts a change, whatever it is of. */
const COUNTS = /^(room_heads|user_heads|room_changes)\b|\.rev$/;

/** The columns in which something that was there before is different now, and the tables that have lost a row. */
function changes(before: Map<string, Body>, after: Map<string, Body>): string[] {
  const changed = [...before].flatMap(([at, was]) => {
    const [table, is] = [at.split(' ')[0]!, after.get(at)];
    return is
      ? Object.keys(was).flatMap((column) => (JSON.stringify(was[column]) === JSON.stringify(is[column]) ? [] : `${table}.${column}`))
      : table;
  });
  return [...new Set(changed)].filter((column) => !COUNTS.test(column)).sort();
}

describe('without it the same is allowed, and changes of what there is', () => {
  const made = async (write: Write, ask: (body: unknown) => Promise<{ status: number }>): Promise<void> => {
    if (write.inner) expect([200, 201, 204]).toContain((await ask(write.inner(things))).status);
    const before = await everyRow();
    expect([200, 201, 204]).toContain((await ask(write.body(things))).status);
    expect(changes(before, await everyRow())).toEqual([...(write.changes ?? [])].sort());
  };

  it.each(ROUTES.map((write) => [write.at, write.changes ?? [], write] as const))('%s: %j', (_, __, write) => made(write, asks(write)));

  it.each(EVENTS.map((write) => [write.at, write.changes ?? [], write] as const))('%s: %j', (_, __, write) => made(write, sends(write)));
});
