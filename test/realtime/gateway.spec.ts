import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MESSAGE_METADATA } from '@nestjs/websockets/constants.js';
import { once } from 'node:events';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { MessagesGateway } from '../../src/realtime/inbound/messages.gateway.js';
import { UsersGateway } from '../../src/realtime/inbound/users.gateway.js';
import { RoomsGateway } from '../../src/realtime/inbound/rooms.gateway.js';
import { CLIENT_EVENTS, SERVER_EVENTS } from '../../src/realtime/wire/wire.js';
import { startApp } from '../support/app.js';
import { TestSocket } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { call, type Person, World } from '../support/world.js';

let world: World;
let ana: Person;
let bob: Person;
let zoe: Person;

beforeAll(async () => {
  world = await World.shared();
  ({ ana, bob, zoe } = await world.people('ana', 'bob', 'zoe'));
});
afterAll(() => world.stop());

const refusalOf = async (auth: Record<string, unknown>, url = world.url): Promise<any> =>
  TestSocket.open(url, auth).then(
    (socket) => {
      socket.close();
      return 'let in';
    },
    (error: { problem?: unknown }) => error.problem,
  );

describe('the handshake', () => {
  it.each([
    ['no token', {}, 401, 'token_invalid'],
    ['a token that is not a string', { token: { a: 1 } }, 401, 'token_invalid'],
    ['a token of another issuer', { token: 'eyJhbGciOiJub25lIn0.e30.' }, 401, 'token_invalid'],
  ])('refuses %s', async (_, auth, status, code) => {
    expect(await refusalOf(auth)).toMatchObject({ status, code, type: `urn:parley:problem:${code}` });
  });

  it('refuses another protocol version, and accepts its own', async () => {
    for (const protocol of [2, '1', null]) {
      expect(await refusalOf({ token: ana.accessToken, protocol })).toMatchObject({ status: 426, code: 'protocol_unsupported' });
    }
    expect(await refusalOf({ token: ana.accessToken, protocol: 1 })).toBe('let in');
  });

  it('refuses the token of a session that has ended', async () => {
    const { eva } = await world.people('eva');
    await eva.does('POST', '/auth/logout');
    expect(await refusalOf({ token: eva.accessToken })).toMatchObject({ status: 401, code: 'session_ended' });
  });

  it('refuses namespaces other than the root', async () => {
    const socket = io(`${world.url}/admin`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { token: ana.accessToken },
    });
    const error = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    expect(error.message).toBe('Invalid namespace');
    socket.close();
  });

  it('opens no WebSocket for a page of another origin', async () => {
    const address = `${world.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const foreign = new WebSocket(address, { headers: { origin: 'https://evil.example' } });
    const [error] = (await once(foreign, 'error')) as [Error];
    expect(error.message).toMatch(/40[03]/);
    const own = new WebSocket(address, { headers: { origin: world.url } });
    await once(own, 'open');
    own.terminate();
  });

  it('refuses more sockets of a user than the maximum', async () => {
    const small = await startApp({ env: { REALTIME_SOCKETS_PER_USER: '2' }, databaseUrl: world.app.databaseUrl });
    const sockets = [
      await TestSocket.open(small.url, { token: ana.accessToken }),
      await TestSocket.open(small.url, { token: ana.accessToken }),
    ];
    expect(await refusalOf({ token: ana.accessToken }, small.url)).toMatchObject({ status: 429, code: 'too_many_sockets' });
    sockets[0]!.close();
    await until('a place is free', async () => (await refusalOf({ token: ana.accessToken }, small.url)) === 'let in');
    sockets[1]!.close();
    await small.close();
  });
});

describe('ready', () => {
  it('contains the user, the limits and the heads of the rooms', async () => {
    const room = await ana.opensGroup(bob);
    await ana.sends(room, 'one');
    await ana.sends(room, 'two');
    const socket = await bob.connects();
    const [ready] = socket.all('ready');
    const fresh = await bob.gets(`/rooms/${room.id}`);
    expect(ready).toMatchObject({ user: { id: bob.id, username: bob.username }, protocol: 1, more: false, epoch: expect.any(String) });
    expect(ready.my).toBe((await bob.gets('/users/me')).my);
    expect(ready.limits).toMatchObject({ text: 10_000, media: 10, page: 100, packetBytes: 163_840, syncRooms: 200 });
    expect(ready.rooms).toContainEqual({
      roomId: room.id,
      seq: fresh.lastSeq,
      rev: fresh.rev,
      lastReadSeq: fresh.membership.lastReadSeq,
      unreadCount: 2,
      mentionCount: 0,
      muted: false,
    });
    expect(socket.received[0]!.event).toBe('ready');
    socket.close();
  });

  it('covers every earlier message, and every newer one follows once', async () => {
    const room = await ana.opensGroup(bob);
    const busy = await ana.connects();
    let sending = true;
    const sends = (async () => {
      for (let n = 0; sending; n++) await busy.emits('message:send', { roomId: room.id, text: `n ${n}` });
    })();
    const sockets = await Promise.all(Array.from({ length: 10 }, () => bob.connects()));
    sending = false;
    await sends;
    await ana.sends(room, 'the last');
    for (const socket of sockets) {
      const last = await socket.receivesText('the last');
      const start = socket.all('ready')[0].rooms.find((one: any) => one.roomId === room.id).seq;
      const seqs = socket.messages(room.id).map((message) => message.seq);
      expect(seqs).toEqual(Array.from({ length: last.seq - start }, (_, index) => start + index + 1));
      socket.close();
    }
    busy.close();
  });
});

describe('every event is acked', () => {
  let socket: TestSocket;
  let room: any;
  beforeAll(async () => {
    room = await ana.opensGroup(bob);
    socket = await ana.connects();
  });

  it.each([
    ['an unknown event', 'nonsense', {}, 404, 'event_unknown'],
    ['a server event', 'ready', {}, 404, 'event_unknown'],
    ['the name of an object property', 'constructor', {}, 404, 'event_unknown'],
    ['no payload', 'room:read', undefined, 400, 'validation_failed'],
    ['null', 'room:read', null, 400, 'validation_failed'],
    ['a list', 'room:read', [1], 400, 'validation_failed'],
    ['a string', 'message:send', 'hello', 400, 'validation_failed'],
    ['a missing field', 'typing', { typing: true }, 400, 'validation_failed'],
    ['an invalid id', 'room:read', { roomId: 'x', seq: 1 }, 400, 'validation_failed'],
    ['an invalid number', 'room:read', { roomId: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11', seq: 'x' }, 400, 'validation_failed'],
    ['an invalid cursor', 'sync', { rooms: { x: 1 } }, 400, 'validation_failed'],
    [
      'too many users',
      'presence:watch',
      { userIds: Array.from({ length: 201 }, () => '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11') },
      400,
      'validation_failed',
    ],
    ['bytes', 'message:send', { roomId: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11', text: Buffer.from('x') }, 400, 'validation_failed'],
    ['a token of another issuer', 'auth:refresh', { token: 'x' }, 401, 'token_invalid'],
  ])('%s', async (_, event, payload, status, code) => {
    const answer = payload === undefined ? await socket.emits(event) : await socket.emits(event, payload);
    expect(answer).toMatchObject({ ok: false, error: { status, code, title: expect.any(String), requestId: expect.any(String) } });
  });

  it('refuses unknown fields, and text that cannot be stored', async () => {
    const { id } = await ana.sends(room, 'mine');
    const edit = { roomId: room.id, messageId: id, text: 'x' };
    expect(await socket.emits('message:edit', { ...edit, seq: 1 })).toMatchObject({ error: { status: 400, errors: [{ path: 'seq' }] } });
    expect(await socket.emits('message:edit', { ...edit, text: 'a\0b' })).toMatchObject({
      error: { status: 422, code: 'unstorable_text' },
    });
    expect(await socket.emits('message:send', { roomId: room.id, text: '\ud800' })).toMatchObject({ error: { status: 422 } });
    expect(await socket.emits('message:send', { roomId: room.id, text: 'x', userId: bob.id })).toMatchObject({ error: { status: 400 } });
  });

  it('survives deep nesting, numeric event names and events without an ack', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const raw = socket.socket.io.engine as unknown as { write(packet: string): void };
    raw.write(`2["room:read",${deep}]`);
    raw.write(`21["sync",${deep}]`);
    raw.write(`22[7,{}]`);
    raw.write(`2["__proto__",{}]`);
    socket.socket.emit('room:read');
    socket.socket.emit('message:send', 'x');
    socket.socket.emit('nonsense', 1, 2, 3);
    expect(await socket.emits('rooms', {})).toMatchObject({ ok: true });
  });

  it('answers a non-member as for a room that does not exist', async () => {
    const outsider = await zoe.connects();
    const answers = await Promise.all(
      [room.id, '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11'].map(async (roomId) => {
        const payload = await Promise.all([
          outsider.emits('message:send', { roomId, text: 'x' }),
          outsider.emits('room:read', { roomId, seq: 1 }),
          outsider.emits('typing', { roomId, typing: true }),
        ]);
        return payload.map(({ error: { requestId: _, ...problem } }) => problem);
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]!.map((problem) => problem.status)).toEqual([404, 404, 404]);
    expect(await outsider.emits('sync', { rooms: { [room.id]: { seq: 0, rev: 0 } } })).toEqual({
      ok: true,
      rooms: { [room.id]: { gone: true } },
      later: [],
    });
    outsider.close();
  });

  it('numbers the messages of one socket in the order sent, and acks each after the commit', async () => {
    const acks = await Promise.all(
      Array.from({ length: 100 }, (_, n) => socket.emits('message:send', { roomId: room.id, text: `number ${n}` })),
    );
    const seqs = acks.map(({ message }) => message.seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(100);
  });

  it('edits, deletes, reacts, reads and syncs', async () => {
    const { message } = await socket.emits('message:send', { roomId: room.id, text: 'first' });
    const on = { roomId: room.id, messageId: message.id };
    const { rev } = await ana.gets(`/rooms/${room.id}`);
    expect(await socket.emits('message:edit', { ...on, text: 'second' })).toMatchObject({
      ok: true,
      message: { text: 'second', rev: rev + 1 },
    });
    expect(await socket.emits('reaction:add', { ...on, reaction: '👍' })).toMatchObject({
      message: { reactions: [{ count: 1, mine: true }] },
    });
    expect(await socket.emits('reaction:remove', { ...on, reaction: '👍' })).toMatchObject({ message: { reactions: [] } });
    expect(await socket.emits('message:delete', on)).toMatchObject({ message: { text: null, deletedAt: expect.any(String) } });
    expect(await socket.emits('room:read', { roomId: room.id, seq: message.seq })).toMatchObject({ ok: true, unreadCount: 0 });
    const { rooms } = await socket.emits('sync', { rooms: { [room.id]: { seq: message.seq - 1, rev } } });
    expect(rooms[room.id]).toMatchObject({ seq: message.seq, rev: rev + 4, hasMore: false, reset: false, membership: { userId: ana.id } });
  });
});

describe('a session', () => {
  it('keeps its socket with a newer token, and is closed when the old one expires', async () => {
    const short = await startApp({ env: { ACCESS_TOKEN_SECONDS: '2' }, databaseUrl: world.app.databaseUrl });
    const body = { username: ana.username, password: ana.password };
    const login = await call(short.url, 'POST', '/auth/login', { body });
    const kept = await TestSocket.open(short.url, { token: login.body.accessToken });
    const lost = await TestSocket.open(short.url, { token: login.body.accessToken });
    const { accessToken } = (await call(world.url, 'POST', '/auth/refresh', { body: { refreshToken: login.body.refreshToken } })).body;
    expect(await kept.emits('auth:refresh', { token: accessToken })).toMatchObject({ ok: true, expiresAt: expect.any(String) });
    expect(await lost.emits('auth:refresh', { token: bob.accessToken })).toMatchObject({ ok: false, error: { code: 'token_invalid' } });
    expect(await lost.receives('session:ended')).toEqual({ reason: 'expired' });
    await until('the socket is closed', () => !lost.socket.connected);
    await kept.flushes();
    kept.close();
    await short.close();
  });
});

describe('limits', () => {
  it('disconnects a socket that sends too large a packet', async () => {
    const socket = await ana.connects();
    socket.socket.emit('message:send', { text: 'x'.repeat(170_000) });
    await until('the socket is closed', () => !socket.socket.connected);
  });

  it('refuses events that are sent too fast, and acks them', async () => {
    const strict = await startApp({ env: { RATE_LIMIT: 'on', REALTIME_EVENTS_PER_SECOND: '5' }, databaseUrl: world.app.databaseUrl });
    const socket = await TestSocket.open(strict.url, { token: ana.accessToken });
    const answers = await Promise.all(Array.from({ length: 30 }, () => socket.emits('rooms', {})));
    const refused = answers.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThanOrEqual(19);
    expect(refused[0]).toMatchObject({ error: { status: 429, code: 'rate_limited', retryAfter: expect.any(Number) } });
    socket.close();
    await strict.close();
  });
});

it('every event has a handler and is documented', async () => {
  const handled = [MessagesGateway, RoomsGateway, UsersGateway].flatMap(({ prototype }) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(({ value }) => Reflect.getMetadata(MESSAGE_METADATA, value) ?? []),
  );
  expect([...handled, 'message:send'].toSorted()).toEqual(Object.keys(CLIENT_EVENTS).toSorted());
  const { body } = await call(world.url, 'GET', '/docs/asyncapi.json');
  const operations = [
    ...Object.keys(CLIENT_EVENTS).map((event) => `client.${event.replaceAll(':', '.')}`),
    ...Object.keys(SERVER_EVENTS).map((event) => `server.${event.replaceAll(':', '.')}`),
  ];
  expect(Object.keys(body.operations)).toEqual(operations);
  const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  expect(references.filter((name) => !body.components.schemas[name!])).toEqual([]);
  expect((await call(world.url, 'GET', '/docs/events')).body).toContain('message:send');
});
