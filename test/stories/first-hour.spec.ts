import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestSocket, type Json } from '../support/test-socket.js';
import { freePort } from '../support/free-port.js';
import { AppProcess } from '../support/processes.js';
import { until } from '../support/until.js';
import { call, type Person, World } from '../support/world.js';

// The server by default: a process of its own with only a data folder, and clients that know only the documents.

const UNICODE = [
  'plain',
  'naïve façade, Ångström — “quoted”',
  'e\u0301 is not é',
  '家族の👩‍👩‍👧‍👦 と 🏴󠁧󠁢󠁳󠁣󠁴󠁿',
  'שלום \u202Eright to left\u202C مرحبا',
  '𠜎𠜱𠝹 beyond the first plane',
  '  spaces around, \t tab and \n line break \n ',
  '{"looks":"like JSON"} <b>and HTML</b> \\ \' " ; --',
  '🦆'.repeat(10_000),
];

describe('the first hour', () => {
  let folder: string;
  let server: AppProcess;
  let world: World;
  let ana: Person;
  let bob: Person;
  let zoe: Person;

  const env = async (): Promise<Record<string, string>> => ({
    DATA_DIR: path.join(folder, 'data'),
    RATE_LIMIT: 'off',
    PORT: String(await freePort()),
  });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parley-first-'));
    server = AppProcess.server(await env());
    world = World.at(await server.url());
    ({ ana, bob, zoe } = await world.people('ana', 'bob', 'zoe'));
  }, 60_000);

  afterAll(async () => {
    await world.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  it('two who ask each other at the same moment are friends', async () => {
    const answers = await Promise.all([
      ana.call('POST', '/friend-requests', { userId: bob.id }),
      bob.call('POST', '/friend-requests', { userId: ana.id }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 201]);
    expect(answers.find(({ status }) => status === 200)!.body.status).toBe('approved');
    for (const [one, other] of [
      [ana, bob],
      [bob, ana],
    ] as const) {
      expect((await one.gets('/friends')).items).toMatchObject([{ user: { id: other.id } }]);
      expect((await one.gets('/friend-requests?direction=received&status=pending')).items).toEqual([]);
      expect((await one.gets('/friend-requests?direction=sent&status=pending')).items).toEqual([]);
    }
  });

  it('six at once for one private room get one', async () => {
    const ask = (one: Person, other: Person) => one.call('POST', '/rooms', { type: 'private_messages', userIds: [other.id] });
    const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => (n % 2 ? ask(ana, bob) : ask(bob, ana))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await ana.gets('/rooms?type=private_messages')).items).toHaveLength(1);
  });

  it('a message arrives unchanged, over every transport, in one order, and no other user receives it', async () => {
    const room = await ana.opensGroup(bob);
    const [over, polling, other, outsider] = [
      await ana.connects(),
      await TestSocket.open(world.url, { token: bob.accessToken }, 'polling'),
      await bob.connects(),
      await zoe.connects(),
    ];
    const sent: Json[] = [];
    for (const [n, text] of UNICODE.entries()) {
      const by = [
        () => ana.sends(room, text),
        async () => (await over.emits('message:send', { roomId: room.id, text })).message,
        async () => (await polling.emits('message:send', { roomId: room.id, text })).message,
      ][n % 3]!;
      sent.push(await by());
    }
    expect(sent.map(({ text }) => text)).toEqual(UNICODE);
    for (const socket of [over, polling, other]) {
      await until('all are received', () => socket.messages(room.id).length >= UNICODE.length);
      expect(socket.messages(room.id).map(({ seq, text }) => [seq, text])).toEqual(sent.map(({ seq, text }) => [seq, text]));
    }
    const { items } = await bob.page(room, `?after=${sent[0].seq - 1}`);
    expect(items.map(({ seq, text }: Json) => [seq, text])).toEqual(sent.map(({ seq, text }) => [seq, text]));
    expect(await zoe.statusOf('GET', `/rooms/${room.id}/messages`)).toBe('404 room_not_found');
    await outsider.flushes();
    expect(outsider.received.map(({ event }) => event)).toEqual(['ready']);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: '🦆'.repeat(10_001) })).toBe('400 validation_failed');
    polling.close();
  });

  it('messages of eight concurrent senders over both transports are numbered without gaps and received once, in order', async () => {
    const room = await ana.opensGroup(bob);
    const sockets = await Promise.all([ana.connects(), bob.connects(), ana.connects(), bob.connects()]);
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    const sends = Array.from({ length: 8 }, async (_, who) => {
      const seqs: number[] = [];
      for (let n = 0; n < 20; n++) {
        const text = `${who}: ${n}`;
        const message =
          who % 2
            ? await (who % 4 === 1 ? ana : bob).sends(room, text)
            : (await sockets[who / 2]!.emits('message:send', { roomId: room.id, text })).message;
        seqs.push(message.seq);
      }
      return seqs;
    });
    const seqs = (await Promise.all(sends)).flat().toSorted((a, b) => a - b);
    const expected = Array.from({ length: 160 }, (_, n) => lastSeq + 1 + n);
    expect(seqs).toEqual(expected);
    for (const socket of sockets) {
      await until('all are received', () => socket.messages(room.id).length >= 160);
      expect(socket.messages(room.id).map(({ seq }) => seq)).toEqual(expected);
    }
  });

  it('history is the same from both ends, whatever the size of the page', async () => {
    const room = await ana.opensGroup(bob);
    await Promise.all(Array.from({ length: 37 }, (_, n) => ana.sends(room, `n ${n}`)));
    const all: Json[] = (await ana.page(room, '?limit=100')).items;
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: lastSeq }, (_, n) => n + 1));
    for (const limit of [1, 7, 100]) {
      const forth: Json[] = [];
      for (let page: Json = { hasNewer: true }; page.hasNewer;) {
        page = await bob.page(room, `?after=${forth.at(-1)?.seq ?? 0}&limit=${limit}`);
        forth.push(...page.items);
      }
      const back: Json[] = [];
      for (let page: Json = { hasOlder: true }; page.hasOlder;) {
        page = await bob.page(room, `?limit=${limit}${back.length ? `&before=${back[0].seq}` : ''}`);
        back.unshift(...page.items);
      }
      expect(forth.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      expect(back.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    }
  });

  it('a member who is removed while connected gets room:gone, and receives, reads and sends nothing more', async () => {
    const room = await ana.opensGroup(bob, zoe);
    const [owner, gone] = [await ana.connects(), await zoe.connects()];
    const { message } = await owner.emits('message:send', { roomId: room.id, text: 'before' });
    await gone.receivesText('before');
    await ana.deletes(`/rooms/${room.id}/users/${zoe.id}`);
    await owner.emits('message:send', { roomId: room.id, text: 'after' });
    expect(await gone.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'removed' });
    await gone.flushes();
    expect(gone.messages(room.id).map(({ text }) => text)).not.toContain('after');
    expect(await gone.emits('message:send', { roomId: room.id, text: 'me too' })).toMatchObject({ error: { code: 'room_not_found' } });
    expect(await gone.emits('room:read', { roomId: room.id, seq: 1 })).toMatchObject({ error: { code: 'room_not_found' } });
    expect(await gone.emits('sync', { rooms: { [room.id]: { seq: 0, rev: 0 } } })).toMatchObject({ rooms: { [room.id]: { gone: true } } });
    for (const below of ['', '/messages', `/messages/${message.id}`, '/users', '/changes?seq=0&rev=0', '/pins', '/permissions']) {
      expect(await zoe.statusOf('GET', `/rooms/${room.id}${below}`)).toBe('404 room_not_found');
    }
  });

  it('nonsense is refused with a reason, and does nothing', async () => {
    const room = await ana.opensGroup(bob);
    const messages = `/rooms/${room.id}/messages`;
    const before = await ana.gets(`/rooms/${room.id}`);
    const refused = async (body: unknown): Promise<string> => ana.statusOf('POST', messages, body);
    expect(await refused({ text: 'a\0b' })).toBe('422 unstorable_text');
    expect(await refused('{"text":"\\ud800"}')).toBe('422 unstorable_text');
    expect(await refused({ text: 'x', seq: 7 })).toBe('400 validation_failed');
    expect(await refused('{"text":"x","__proto__":{"type":"system"}}')).toBe('400 validation_failed');
    expect(await refused({ text: 'x', type: 'system' })).toBe('400 validation_failed');
    expect(await refused({ text: ['x'] })).toBe('400 validation_failed');
    expect(await refused('{"text":')).toBe('400 malformed_request');
    expect(await refused({ text: '' })).toBe('422 empty_message');
    expect(await refused({})).toBe('422 empty_message');
    expect(await ana.statusOf('GET', `/users?query=${encodeURIComponent('a\0')}`)).toBe('422 unstorable_text');
    expect(await ana.statusOf('GET', '/rooms/%00')).toBe('400 validation_failed');
    const socket = await ana.connects();
    for (const event of ['message:sent', 'toString', '__proto__', 'MESSAGE:SEND', '🦆']) {
      expect(await socket.emits(event, { roomId: room.id, text: 'x' })).toMatchObject({
        ok: false,
        error: { status: 404, code: 'event_unknown' },
      });
    }
    expect(await ana.gets(`/rooms/${room.id}`)).toEqual(before);
  });

  it.each([
    ['none', undefined],
    ['no token at all', 'x'],
    ['an unsigned one', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
  ])('a bad token is refused: %s', async (_, token) => {
    expect(await call(world.url, 'GET', '/users/me', { ...(token && { token }) })).toMatchObject({
      status: 401,
      body: { code: 'token_invalid' },
    });
    await expect(TestSocket.open(world.url, { token })).rejects.toMatchObject({ problem: { status: 401, code: 'token_invalid' } });
  });

  it('kill -9 takes nothing: the same tokens go on, and what was acked is there', async () => {
    const room = await ana.opensGroup(bob);
    const id = randomUUID();
    const first = await ana.sends(room, 'once', { id });
    const socket = await bob.connects();
    const acked: Json[] = [];
    const storm = Array.from({ length: 40 }, (_, n) =>
      ana.call('POST', `/rooms/${room.id}/messages`, { text: `storm ${n}` }).then(
        ({ status, body }) => void (status === 201 && acked.push(body)),
        () => undefined, // cut off: it may be stored or not
      ),
    );
    await until('some are acked', () => acked.length >= 5);
    server.kill('SIGKILL');
    await Promise.all(storm);
    await until('the connection is gone', () => !socket.socket.connected);
    await server.end();

    server = AppProcess.server({ ...(await env()), PORT: new URL(world.url).port });
    expect(await server.url()).toBe(world.url);
    const { items, seq } = await ana.page(room, '?limit=100');
    expect(items.map((message: Json) => message.seq)).toEqual(Array.from({ length: seq }, (_, n) => n + 1));
    const texts = items.map(({ text }: Json) => text);
    for (const { text } of acked) expect(texts.filter((one: string) => one === text)).toEqual([text]);
    expect(await ana.call('POST', `/rooms/${room.id}/messages`, { text: 'once', id })).toMatchObject({
      status: 200,
      body: { seq: first.seq },
    });
    const again = await bob.connects();
    await ana.sends(room, 'we are back');
    expect((await again.receivesText('we are back')).seq).toBe(seq + 1);
    const pair = await call(world.url, 'POST', '/auth/refresh', { body: { refreshToken: bob.refreshToken } });
    expect(pair.status).toBe(200);
    bob.accessToken = pair.body.accessToken;
    expect((await bob.gets('/users/me')).id).toBe(bob.id);
    expect((await bob.gets('/friends')).items).toMatchObject([{ user: { id: ana.id } }]);
  }, 60_000);
});
