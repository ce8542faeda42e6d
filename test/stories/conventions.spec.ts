import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readContract } from '../support/contract.js';
import type { Json } from '../support/test-socket.js';
import { type Person, World } from '../support/world.js';

// What holds for every route alike, asked of every route that the document names.

const document = readContract('openapi');

interface Route {
  readonly method: string;
  readonly template: string;
  readonly parameters: Json[];
  readonly body: Json;
}

const routes: Route[] = Object.entries<Json>(document.paths)
  .filter(([template]) => template.startsWith('/v1/'))
  .flatMap(([template, methods]) =>
    Object.entries<Json>(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      template,
      parameters,
      body: requestBody?.content['application/json']?.schema,
    })),
  );
const named = (some: Route[]): [string, Route][] => some.map((route) => [`${route.method} ${route.template}`, route]);
const queries = ({ parameters }: Route, name: string): Json => parameters.find((one) => one.in === 'query' && one.name === name);
const lists = routes.filter((route) => queries(route, 'limit'));

let world: World;
let ana: Person;
let bob: Person;
let room: Json;
let message: Json;
let reaction: Json;

beforeAll(async () => {
  world = await World.shared();
  ({ ana, bob } = await world.people('ana', 'bob'));
  room = await ana.opensGroup(bob);
  message = await ana.sends(room, 'hello @all');
  reaction = await ana.posts(`/rooms/${room.id}/messages/${message.id}/reactions`, { reaction: '👍' });
});
afterAll(() => world.stop());

/** The route with things that are there, and what it cannot do without. */
const filled = ({ template, parameters }: Route, query: Record<string, string> = {}): string => {
  const ids: Record<string, string> = { roomId: room.id, messageId: message.id, userId: bob.id, reactionId: reaction.id };
  const way = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? message.id);
  const needed = Object.fromEntries(
    parameters.filter((one) => one.in === 'query' && one.required).map(({ name }) => [name, name === 'query' ? 'hello' : '0']),
  );
  const all = new URLSearchParams({ ...needed, ...query }).toString();
  return all ? `${way}?${all}` : way;
};

describe('a list', () => {
  it.each(named(lists))('%s refuses a limit out of range, and cuts nothing silently', async (_, route) => {
    for (const limit of ['0', '101', '1000000000', '-1', '1.5', 'x', '']) {
      expect([limit, await ana.statusOf('GET', filled(route, { limit }))]).toEqual([limit, '400 validation_failed']);
    }
    for (const limit of ['1', '100'])
      expect((await ana.gets(filled(route, { limit }))).items?.length ?? 0).toBeLessThanOrEqual(Number(limit));
  });

  it.each(named(lists.filter((route) => queries(route, 'cursor'))))('%s knows its own cursors alone', async (_, route) => {
    for (const cursor of ['x', '[]', 'a\0', 'WyJ4Il0', Buffer.from('[null,null,null]').toString('base64url'), 'x'.repeat(600)]) {
      expect([cursor, await ana.statusOf('GET', filled(route, { cursor }))]).toEqual([cursor, '400 validation_failed']);
    }
  });

  it.each(named(lists.filter((route) => queries(route, 'cursor'))))('%s takes no cursor with a time that never is', async (_, route) => {
    for (const at of ['2026-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z', '+010000-01-01T00:00:00.000Z', '2026-01-01', 'now']) {
      for (const key of [[at], [at, room.id], [at, room.id, 1]]) {
        const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
        expect([key, await ana.statusOf('GET', filled(route, { cursor }))]).toEqual([key, '400 validation_failed']);
      }
    }
  });
});

describe('a parameter or a field that nobody knows', () => {
  it.each(named(lists))('%s refuses it in the query', async (_, route) => {
    const { status, body } = await ana.call('GET', filled(route, { verbose: '1' }));
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ path: 'verbose' })]]);
  });

  it.each(named(routes.filter(({ body }) => body)))('%s refuses it in the body', async (_, route) => {
    const { status, body } = await ana.call(route.method, filled(route), { somethingElse: 1 });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map((error: Json) => error.path)).toContain('somethingElse');
  });

  it.each(named(routes.filter(({ body }) => body)))('%s takes an object for a body, and nothing else', async (_, route) => {
    for (const body of ['[]', 'null', '"x"', '7', '{']) {
      const answer = await ana.call(route.method, filled(route), body);
      expect([body, answer.status]).toEqual([body, 400]);
    }
  });
});

describe('a time', () => {
  const isTime = (schema: Json): boolean => schema?.format === 'date-time';
  const fields = ({ body }: Route): [string, Json][] =>
    Object.entries(document.components.schemas[body?.$ref?.split('/').at(-1)]?.properties ?? {});
  const timed = routes.flatMap((route) => [
    ...route.parameters.filter(({ schema }) => isTime(schema)).map(({ name }) => [route, name, 'query'] as const),
    ...fields(route).flatMap(([name, schema]) => (isTime(schema) ? [[route, name, 'body'] as const] : [])),
  ]);

  it.each(timed.map(([route, name, place]) => [`${route.method} ${route.template}`, name, place, route] as const))(
    '%s: %s is on a day that there is, of the years 1 to 9999',
    async (_, name, place, route) => {
      for (const time of [
        ...['0000', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+00:01', '-0001-01-01T00:00:00Z', '2026-02-30T00:00:00Z'],
        ...['9999-12-31T23:59:59-00:01', '10000-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', '+275760-09-13T00:00:00Z'],
      ]) {
        const given = { [name]: time };
        const answer = await ana.call(route.method, filled(route, place === 'query' ? given : {}), place === 'body' ? given : undefined);
        expect([time, answer.status, answer.body.errors]).toEqual([time, 400, [expect.objectContaining({ path: name })]]);
      }
    },
  );
});

describe('an id', () => {
  const parameters = routes.flatMap((route) =>
    route.parameters.filter((one) => one.in === 'path' && one.name !== 'code').map((one) => [route, one.name] as const),
  );

  it.each(parameters.map(([route, name]) => [`${route.method} ${route.template}`, name, route] as const))(
    '%s: {%s} is a UUID',
    async (_, name, route) => {
      for (const id of ['x', '1', '%00', `${message.id}x`, "'--"]) {
        const way = filled({ ...route, template: route.template.replace(`{${name}}`, encodeURIComponent(id)) });
        expect([id, await ana.statusOf(route.method, way, route.body && {})]).toEqual([id, '400 validation_failed']);
      }
    },
  );

  it('may be written in capitals, and is answered in small letters', async () => {
    const [roomId, messageId] = [room.id.toUpperCase(), message.id.toUpperCase()];
    expect((await ana.gets(`/rooms/${roomId}/messages/${messageId}`)).id).toBe(message.id);
    expect((await ana.posts(`/rooms/${roomId}/messages`, { text: 'a reply', replyToId: messageId })).replyTo.id).toBe(message.id);
    const id = 'ABCDEF00-0000-4000-8000-00000000ABCD';
    expect((await ana.posts(`/rooms/${roomId}/messages`, { text: 'mine', id })).id).toBe(id.toLowerCase());
    const socket = await bob.connects();
    const ack = await socket.emits('message:send', { roomId, id: id.toLowerCase(), text: 'mine' });
    expect(ack).toMatchObject({ ok: false, error: { status: 409, code: 'message_conflict' } });
  });
});

describe('the content of an answer', () => {
  it('a thing made is 201, an action 200, a thing changed 200, a thing gone 204, long work 202', async () => {
    const { eva, max } = await world.people('eva', 'max');
    const asked = await eva.call('POST', '/friend-requests', { userId: max.id });
    expect([asked.status, (await eva.call('POST', '/friend-requests', { userId: max.id })).status]).toEqual([201, 200]);
    expect((await max.call('POST', `/friend-requests/${asked.body.id}/approve`)).status).toBe(200);
    const open = await eva.call('POST', '/rooms', { type: 'group', name: 'open', isPublic: true });
    const at = `/rooms/${open.body.id}`;
    const sent = await eva.call('POST', `${at}/messages`, { text: 'x' });
    const invite = await eva.call('POST', `${at}/invites`, {});
    const reacted = await eva.call('POST', `${at}/messages/${sent.body.id}/reactions`, { reaction: '👍' });
    expect([open, sent, invite, reacted].map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const table: [number, Person, string, string, unknown?][] = [
      [200, max, 'POST', `${at}/join`],
      [200, eva, 'PATCH', at, { description: 'x' }],
      [200, eva, 'PATCH', `${at}/users/${max.id}`, { role: 'admin' }],
      [200, eva, 'PATCH', '/users/me', { displayName: 'Eva' }],
      [200, eva, 'PATCH', `${at}/messages/${sent.body.id}`, { text: 'y' }],
      [200, eva, 'PUT', `${at}/users/me/read`, { seq: 1 }],
      [204, eva, 'PUT', `${at}/messages/${sent.body.id}/pin`],
      [204, eva, 'DELETE', `${at}/messages/${sent.body.id}/pin`],
      [204, eva, 'DELETE', `${at}/messages/${sent.body.id}/reactions/${reacted.body.id}`],
      [200, eva, 'DELETE', `${at}/messages/${sent.body.id}`],
      [204, eva, 'DELETE', `${at}/invites/${invite.body.id}`],
      [204, eva, 'PUT', `${at}/owner`, { userId: max.id }],
      [204, eva, 'POST', `${at}/leave`],
      [204, eva, 'DELETE', `/friends/${max.id}`],
      [204, eva, 'PUT', `/users/me/blocks/${max.id}`],
      [204, eva, 'DELETE', `/users/me/blocks/${max.id}`],
      [204, max, 'DELETE', at],
      [204, max, 'POST', '/auth/logout'],
      [202, eva, 'DELETE', '/users/me'],
    ];
    for (const [status, who, method, way, body] of table) {
      expect([method, way, (await who.call(method, way, body)).status]).toEqual([method, way, status]);
    }
  });

  it('null clears what may be empty, and what is left out stays', async () => {
    const mine = await ana.posts('/rooms', { type: 'team', name: 'named', description: 'described', metaTags: ['a'] });
    expect(await ana.patches(`/rooms/${mine.id}`, { description: null })).toMatchObject({
      name: 'named',
      description: null,
      metaTags: ['a'],
    });
    expect(await ana.patches(`/rooms/${mine.id}`, {})).toMatchObject({ name: 'named', description: null, metaTags: ['a'] });
    expect(await ana.statusOf('PATCH', `/rooms/${mine.id}`, { isPublic: null })).toBe('400 validation_failed');
  });

  it('lengths count characters, not bytes', async () => {
    const name = '🦆'.repeat(100);
    expect((await ana.posts('/rooms', { type: 'team', name })).name).toBe(name);
    expect(await ana.statusOf('POST', '/rooms', { type: 'team', name: `${name}🦆` })).toBe('400 validation_failed');
  });
});
