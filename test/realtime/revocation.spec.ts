import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Transactions } from '../../src/database/transactions.js';
import { uploaded } from '../media/uploading.js';
import type { RunningApp } from '../support/app.js';
import { TestSocket } from '../support/test-socket.js';
import { picture } from '../support/files.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { call, type Person, World } from '../support/world.js';
import { BEFORE, EVENTS, PATHS, type Revocation, REVOCATIONS, type RevocationSetup } from './revocations.js';

// A lost membership or session is lost in every process at once: messages after the response are neither received nor read, on any path.

/** So many rooms that arriving takes its time. */
const FILLS = `WITH made AS (
    INSERT INTO rooms (id, type, name, created_by) SELECT gen_random_uuid(), 'team', 'one of many', $1 FROM generate_series(1, 800) RETURNING id
  ), heads AS (INSERT INTO room_heads (room_id) SELECT id FROM made)
  INSERT INTO room_users (room_id, user_id, role) SELECT id, $1, 'member' FROM made`;

/** Both devices of who loses something, on both nodes. */
interface Devices {
  readonly lost: readonly TestSocket[];
  readonly second: TestSocket;
}

const BY_REDIS = { title: 'two processes and Redis', hasRedis: true };
const ALONE = { title: 'two processes without Redis', hasRedis: false };

describe.each([BY_REDIS, ALONE])('$title', ({ hasRedis }) => {
  let redis: RedisServer | undefined;
  let world: World;
  let other: RunningApp;
  let owner: Person;
  let bob: Person;
  let admin: Person;
  let bobs: readonly TestSocket[];
  /** A room in which nobody loses anything. */
  let common: { id: string };
  const scenes = new Map<unknown, { scene: RevocationSetup; devices: Devices }>();
  /** Sockets, and the texts that they must not have received even after every repair. */
  const silent: { sockets: readonly TestSocket[]; words: readonly string[] }[] = [];

  beforeAll(async () => {
    redis = hasRedis ? await RedisServer.start() : undefined;
    world = await World.start(redis ? { REDIS_URL: redis.url } : {});
    other = await world.node();
    ({ owner, bob, admin } = await world.people('owner', 'bob', 'admin'));
    await admin.becomesPlatformAdmin();
    common = await owner.opensTeam(bob);
    await Promise.all([...REVOCATIONS, 'deactivated', 'connecting', 'added again'].map(async (of) => scenes.set(of, await scene())));
    await query(FILLS, [scenes.get('connecting')!.scene.eva.id]);
    // Last, so that they are subscribed to all rooms with and without Redis.
    bobs = [await bob.connects(), await bob.connects({}, other)];
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
    await redis?.stop();
  });

  const query = (text: string, values: unknown[]) => world.app.app.get(Transactions).query(text, values);

  async function scene(): Promise<{ scene: RevocationSetup; devices: Devices }> {
    const eva = await world.person('eva');
    const login = await call(world.url, 'POST', '/auth/login', { body: { username: eva.username, password: eva.password } });
    const second = login.body.accessToken as string;
    const room = await owner.opensTeam(bob, eva);
    const { id: medium } = await uploaded(owner, await picture.png(), 'a.png');
    const { id: message } = await owner.sends(room, `${BEFORE} @${eva.username}`, { mediaIds: [medium] });
    await owner.puts(`/rooms/${room.id}/messages/${message}/pin`);
    const { id: own } = await eva.sends(room, 'mine');
    const { ticket } = await eva.posts('/media/ticket');
    const devices = { lost: [await eva.connects(), await eva.connects({}, other)], second: await eva.connects({ token: second }, other) };
    return { scene: { owner, admin, eva, second, room: room.id, message, own, medium, ticket }, devices };
  }

  /** The answer of each path, from the other process. */
  async function answersOf(on: RevocationSetup): Promise<Record<string, string>> {
    const words = PATHS.map(async ({ what, ask }) => {
      const { method = 'GET', path, body, open } = ask(on);
      const token = open ? undefined : on.eva.accessToken;
      const url = path.includes('/content') ? world.url : other.url; // each keeps its files in a folder of its own
      const answer = await call(url, method, path, { ...(body && { body }), ...(token && { token }) });
      const shown = method === 'GET' && answer.status < 300 && JSON.stringify(answer.body).includes(on.room);
      return [what, shown ? 'shown' : answer.status < 300 ? String(answer.status) : `${answer.status} ${answer.body.code}`] as const;
    });
    return Object.fromEntries(await Promise.all(words));
  }

  const acksOf = async (socket: TestSocket, on: RevocationSetup): Promise<Record<string, string>> => {
    const acks = EVENTS.map(async ({ event, payload }) => {
      const { ok, error, rooms } = await socket.emits(event, payload(on));
      return [event, ok ? (rooms?.[on.room]?.gone ? 'gone' : 'ok') : `${error.status} ${error.code}`] as const;
    });
    return Object.fromEntries(await Promise.all(acks));
  };

  /** Sends a message through each process, and waits until it was delivered there. */
  async function speaks(on: RevocationSetup, word: string): Promise<string[]> {
    const words = [`${word} here`, `${word} there`];
    await Promise.all(
      bobs.map(async (socket, at) => {
        const ack = await socket.emits('message:send', { roomId: on.room, text: words[at] });
        if (ack.ok) await socket.receivesText(words[at]!);
        else expect(ack.error.code).toBe('room_not_found');
      }),
    );
    return words;
  }

  const receivedBy = (socket: TestSocket, words: readonly string[]): string[] =>
    socket
      .messages()
      .map(({ text }) => text)
      .filter((text) => words.includes(text));

  async function losesRoom({ reason, does }: Revocation, on: RevocationSetup, { lost, second }: Devices): Promise<void> {
    await does(on);
    const words = await speaks(on, `after ${on.room}`);
    for (const socket of [...lost, second]) {
      expect(await socket.receives('room:gone', ({ roomId }) => roomId === on.room, 1_000)).toMatchObject({ reason });
      await socket.flushes();
      expect(receivedBy(socket, words)).toEqual([]);
      expect(await acksOf(socket, on)).toEqual(Object.fromEntries(EVENTS.map(({ event, out }) => [event, out])));
    }
    expect(await answersOf(on)).toEqual(Object.fromEntries(PATHS.map(({ what, out }) => [what, out])));
    const back = await on.eva.connects({}, other);
    expect(back.all('ready')[0].rooms).toEqual([]);
    silent.push({ sockets: [...lost, second, back], words });
  }

  async function losesSession({ reason, keeps, does }: Revocation, on: RevocationSetup, { lost, second }: Devices): Promise<void> {
    await does(on);
    const ended = keeps ? lost : [...lost, second];
    for (const socket of ended) {
      expect(await socket.receives('session:ended', () => true, 1_000)).toEqual({ reason });
      await until('the socket is closed', () => !socket.socket.connected, 1_000);
    }
    const words = await speaks(on, `after ${on.room}`);
    for (const socket of ended) expect([receivedBy(socket, words), socket.received.at(-1)!.event]).toEqual([[], 'session:ended']);
    if (keeps) await second.receivesText(words[1]!);
    expect(await answersOf(on)).toEqual(Object.fromEntries(PATHS.map(({ what }) => [what, '401 session_ended'])));
    for (const node of [world.app, other]) {
      const problem = await TestSocket.open(node.url, { token: on.eva.accessToken }).catch((error: { problem: unknown }) => error.problem);
      expect(problem).toMatchObject({ status: 401, code: 'session_ended' });
    }
    silent.push({ sockets: ended, words });
  }

  it.each(REVOCATIONS.map((revocation) => ({ what: revocation.what, revocation })))(
    'nothing is received or read by a user who is $what',
    async ({ revocation }) => {
      const { scene: on, devices } = scenes.get(revocation)!;
      await until(
        'the search finds the message',
        async () => (await owner.gets(`/messages/search?query=${BEFORE}&roomId=${on.room}`)).items.length > 0,
      );
      expect(await answersOf(on)).toEqual(Object.fromEntries(PATHS.map((path) => [path.what, path.in])));
      await (revocation.takes === 'room' ? losesRoom : losesSession)(revocation, on, devices);
    },
    20_000,
  );

  it('a reactivated user logs in again, with the messages sent meanwhile', async () => {
    const { scene: on, devices } = scenes.get('deactivated')!;
    await admin.posts(`/users/${on.eva.id}/deactivate`);
    for (const socket of [...devices.lost, devices.second]) await socket.receives('session:ended', () => true, 1_000);
    const login = () => call(other.url, 'POST', '/auth/login', { body: { username: on.eva.username, password: on.eva.password } });
    expect((await login()).status).toBe(401);
    const [, there] = await speaks(on, `meanwhile ${on.room}`);
    await admin.posts(`/users/${on.eva.id}/activate`);
    expect((await on.eva.call('GET', '/rooms')).status).toBe(401);
    on.eva.accessToken = (await login()).body.accessToken;
    const back = await on.eva.connects({}, other);
    expect((await on.eva.page({ id: on.room })).items.map(({ text }: { text: string }) => text)).toContain(there);
    const [, again] = await speaks(on, `again ${on.room}`);
    await back.receivesText(again!);
    expect(await acksOf(back, on)).toMatchObject({ 'message:send': 'ok', 'room:read': 'ok' });
  }, 20_000);

  it('a socket that connects during the removal receives nothing', async () => {
    const { eva, room } = scenes.get('connecting')!.scene;
    for (const round of [1, 2]) {
      const connecting = [world.app, other, world.app, other, world.app, other].map((node) => eva.connects({}, node));
      await owner.deletes(`/rooms/${room}/users/${eva.id}`);
      const sockets = await Promise.all(connecting);
      const words = await speaks(scenes.get('connecting')!.scene, `after ${round} ${room}`);
      for (const socket of sockets) {
        expect(receivedBy(await socket.flushes(), words)).toEqual([]);
        socket.close();
      }
      await owner.posts(`/rooms/${room}/users`, { userId: eva.id });
    }
  }, 20_000);

  it('a user who was removed and added again sees nothing from before', async () => {
    const { eva, room: id } = scenes.get('added again')!.scene;
    const { lost: sockets } = scenes.get('added again')!.devices;
    const old = await owner.sends({ id }, 'sent before');
    const ask = { roomId: id, messageId: old.id, text: 'changed since' };
    for (const socket of [...sockets, ...bobs]) await socket.receivesText('sent before');
    // As another process sees it: the removal and the addition at the same time.
    await query(
      `WITH head AS (UPDATE room_heads SET fence = fence + 1 WHERE room_id = $1 RETURNING fence, last_seq),
         member AS (UPDATE room_users SET visible_from_seq = last_seq + 1 FROM head WHERE room_id = $1 AND user_id = $2),
         number AS (UPDATE user_heads SET my = my + 2 WHERE user_id = $2)
       SELECT pg_notify('parley_access', json_build_object('roomId', $1::uuid, 'userIds', json_build_array($2::uuid), 'fence', fence)::text) FROM head`,
      [id, eva.id],
    );
    for (const socket of sockets) {
      await socket.receives('room:gone', ({ roomId }) => roomId === id, 1_000);
      const { room, my } = await socket.receives('room:created', (packet) => packet.room.id === id, 1_000);
      expect([room.membership.visibleFromSeq, my]).toEqual([old.seq + 1, (await eva.gets('/users/me')).my]);
    }
    expect(await (await owner.connects()).emits('message:edit', ask)).toMatchObject({ ok: true });
    await owner.sends({ id }, 'see above', { replyToId: old.id });
    for (const socket of sockets) {
      expect((await socket.receivesText('see above')).replyTo.preview).toBeNull();
      expect((await socket.receives('messages:updated', ({ roomId }) => roomId === id)).causes).toMatchObject([{ kind: 'hidden' }]);
    }
  }, 20_000);

  it('repair delivers none of it later', async () => {
    await owner.sends(common, 'the last');
    for (const socket of bobs) await socket.receivesText('the last');
    for (const { sockets, words } of silent) {
      for (const socket of sockets) {
        if (socket.socket.connected) await socket.flushes();
        expect(receivedBy(socket, words)).toEqual([]);
      }
    }
  }, 20_000);
});
