import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningApp } from '../support/app.js';
import type { TestSocket } from '../support/test-socket.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

const sends = (socket: TestSocket, room: { id: string }, text: string): Promise<any> =>
  socket.emits('message:send', { roomId: room.id, text });
const seqsOf = (socket: TestSocket, room: { id: string }): number[] => socket.messages(room.id).map(({ seq }) => seq);
const between = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** 120 removals by one process, each followed at once by a message through the other: no removed member may receive it. */
async function removalsAreExact(world: World, other: RunningApp): Promise<void> {
  const { ana, bob } = await world.people('ana', 'bob');
  const people = await Promise.all(Array.from({ length: 40 }, (_, n) => world.person(`p${n}`)));
  const room = await ana.opensTeam(bob, ...people);
  const bobs = await bob.connects({}, other);
  const sockets = await Promise.all(people.map((person, n) => person.connects({}, n % 2 === 0 ? world.app : other)));
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < people.length; at += 4) {
      await Promise.all(
        people.slice(at, at + 4).map(async (person) => {
          await ana.deletes(`/rooms/${room.id}/users/${person.id}`);
          expect(await sends(bobs, room, `after ${person.id} ${round}`)).toMatchObject({ ok: true });
        }),
      );
    }
    await ana.posts(`/rooms/${room.id}/users`, { userIds: people.map(({ id }) => id) });
    await Promise.all(sockets.map((socket) => until('back again', () => socket.all('room:created').length === round + 1)));
  }
  await Promise.all(sockets.map((socket) => socket.flushes()));
  const overheard = people.map(
    ({ id }, index) => sockets[index]!.messages(room.id).filter(({ text }) => text?.startsWith(`after ${id} `)).length,
  );
  expect(overheard).toEqual(people.map(() => 0));
}

describe('two processes and Redis', () => {
  let redis: RedisServer;
  let world: World;
  let other: RunningApp;
  beforeAll(async () => {
    redis = await RedisServer.start();
    world = await World.start({ REDIS_URL: redis.url });
    other = await world.node();
  }, 60_000);
  afterAll(async () => {
    await world.stop();
    await redis.stop();
  });

  it('deliver every message once and in order, through whichever process it was sent', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const [here, there] = [await ana.connects(), await bob.connects({}, other)];
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    const acks = await Promise.all(
      Array.from({ length: 320 }, (_, n) =>
        n % 4 === 0
          ? ana.sends(room, `n ${n}`)
          : n % 4 === 1
            ? bob.does('POST', `/rooms/${room.id}/messages`, { text: `n ${n}` }, other)
            : sends(n % 4 === 2 ? here : there, room, `n ${n}`),
      ),
    );
    expect(acks.every((ack) => ack.ok ?? ack.id)).toBe(true);
    for (const socket of [here, there]) {
      await until('all are received', () => socket.messages(room.id).length >= 320);
      expect(seqsOf(socket, room)).toEqual(between(lastSeq + 1, lastSeq + 320));
    }
  });

  it('deliver memberships, changes and personal events', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const there = await bob.connects({}, other);
    const room = await ana.opensGroup(bob);
    expect((await there.receives('room:created')).room.membership.userId).toBe(bob.id);
    const message = await ana.sends(room, 'hello');
    await there.receivesText('hello', 1_000);
    await ana.patches(`/rooms/${room.id}/messages/${message.id}`, { text: 'hello!' });
    expect((await there.receives('messages:updated')).messages[0].text).toBe('hello!');
    await bob.patches('/users/me', { displayName: 'Robert' });
    expect((await there.receives('me:updated')).me.displayName).toBe('Robert');
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect(await there.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'removed' });
    const numbers = there.received
      .filter(({ event, payload }) => event !== 'ready' && payload.my !== undefined)
      .map(({ payload }) => payload.my);
    expect(numbers).toEqual(between(numbers[0], numbers[0] + numbers.length - 1));
  });

  it('deliver nothing to members after their removal', () => removalsAreExact(world, other), 60_000);

  it('deliver presence and typing', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const here = await ana.connects();
    expect(await here.emits('presence:watch', { userIds: [bob.id] })).toMatchObject({ presence: [{ userId: bob.id, online: false }] });
    const there = await bob.connects({}, other);
    await here.receives('presence', ({ userId, online }) => userId === bob.id && online);
    const { presence } = await there.emits('presence:watch', { userIds: [ana.id] });
    expect(presence).toEqual([{ userId: ana.id, online: true, lastActiveAt: expect.any(String) }]);
    await there.emits('typing', { roomId: room.id, typing: true });
    expect(await here.receives('typing')).toEqual({ roomId: room.id, userId: bob.id, typing: true });
    there.close();
    await here.receives('presence', ({ userId, online }) => userId === bob.id && !online);
  });

  it('keep serving while Redis is down, and miss nothing when it is back', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const [here, there] = [await ana.connects(), await bob.connects({}, other)];
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    await redis.kill();
    for (let n = 0; n < 20; n++) expect((await sends(n % 2 === 0 ? here : there, room, `without ${n}`)).ok).toBe(true);
    await Promise.all([here, there].map((socket) => until('all are received', () => socket.messages(room.id).length >= 20, 5_000)));
    await redis.up();
    await sends(here, room, 'with');
    await there.receivesText('with');
    for (const socket of [here, there]) expect(seqsOf(socket, room)).toEqual(between(lastSeq + 1, lastSeq + 21));
  }, 30_000);
});

describe('two processes without Redis', () => {
  let world: World;
  let other: RunningApp;
  const sockets: TestSocket[] = [];
  beforeAll(async () => {
    world = await World.start();
    other = await world.node();
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.close()));
  afterAll(() => world.stop());

  const listening = async (person: Person, on: RunningApp): Promise<TestSocket> => {
    const socket = await person.connects({}, on);
    sockets.push(socket);
    return socket;
  };

  it('deliver every commit within five seconds, as ordinary events', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob);
    const there = await listening(bob, other);
    const { lastSeq, rev } = await bob.gets(`/rooms/${room.id}`);
    const first = await ana.sends(room, 'one');
    await ana.sends(room, 'two');
    await ana.patches(`/rooms/${room.id}/messages/${first.id}`, { text: 'one, edited' });
    await ana.patches(`/rooms/${room.id}`, { name: 'renamed' });
    await ana.befriends(eva);
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
    const fresh = await bob.gets(`/rooms/${room.id}`);
    await until(
      'all are received',
      () => there.messages(room.id).at(-1)?.seq === fresh.lastSeq && there.received.some(({ payload }) => payload.rev === fresh.rev),
      5_000,
    );
    expect(seqsOf(there, room)).toEqual(between(lastSeq + 1, fresh.lastSeq));
    expect(there.messages(room.id)[0].text).toBe('one, edited');
    let at = rev;
    for (const { payload } of there.received.filter((received) => received.payload.prevRev !== undefined)) {
      expect(payload.prevRev).toBe(at);
      at = payload.rev;
    }
    expect(there.all('room:updated')[0].room.name).toBe('renamed');
    expect(there.all('room-user:added')[0].roomUsers).toMatchObject([{ userId: eva.id }]);
  }, 20_000);

  it('ask for a resync if too much is missing, and deliver nothing twice', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const there = await listening(bob, other);
    const { lastSeq } = await bob.gets(`/rooms/${room.id}`);
    const client = await world.database();
    // More than a thousand changes, in one commit that no process publishes.
    await client.query(
      `WITH head AS (UPDATE room_heads SET rev = rev + 1200 WHERE room_id = $1 RETURNING room_id, rev)
       INSERT INTO room_changes (room_id, kind, entity_id, rev) SELECT room_id, 'message', gen_random_uuid(), rev - n FROM head, generate_series(0, 1199) n`,
      [room.id],
    );
    await client.end();
    // Its messages are delivered meanwhile.
    let sent = lastSeq;
    for (; there.all('resync').length === 0; sent++) await sends(there, room, 'meanwhile');
    await sends(there, room, 'afterwards');
    await there.receivesText('afterwards', 5_000);
    expect(seqsOf(there, room)).toEqual(between(lastSeq + 1, sent + 1));
  }, 20_000);

  it('deliver rooms to users who were added', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const there = await listening(bob, other);
    const room = await ana.opensGroup(bob);
    await there.receives('room:created', (packet) => packet.room.id === room.id, 5_000);
    await ana.sends(room, 'hello');
    await there.receivesText('hello', 5_000);
    expect((await there.receives('me:updated')).my).toBe((await bob.gets('/users/me')).my);
  }, 20_000);

  it('deliver rooms also to users who were sent a later change first', async () => {
    const { ana, bob, eva, kim } = await world.people('ana', 'bob', 'eva', 'kim');
    const known = await ana.opensGroup(bob, eva, kim);
    const theirs = await Promise.all([bob, eva, kim].map((person) => listening(person, other)));
    const room = await ana.opensGroup(bob, eva, kim);
    await bob.does('PATCH', `/rooms/${known.id}/users/me`, { muted: true }, other);
    await listening(eva, other);
    await ana.deletes(`/rooms/${known.id}/users/${kim.id}`);
    const received = await Promise.allSettled(
      theirs.map((socket) => socket.receives('room:created', ({ room: { id } }) => id === room.id, 5_000)),
    );
    expect(received.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await ana.sends(room, 'hello');
    await Promise.all(theirs.map((socket) => socket.receivesText('hello', 5_000)));
  }, 20_000);

  it('deliver every new message to a late joiner, though another joins later still', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.posts('/rooms', { type: 'team', name: 'x', historyVisibility: 'since_joined' });
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    const there = await listening(bob, other);
    const { lastSeq } = await bob.gets(`/rooms/${room.id}`);
    for (const text of ['one', 'two', 'three']) await ana.sends(room, text);
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
    const latest = await listening(eva, other);
    await ana.sends(room, 'four');
    for (const socket of [there, latest]) await socket.receivesText('four');
    expect(seqsOf(there, room)).toEqual(between(lastSeq + 1, lastSeq + 5));
    expect(seqsOf(latest, room)).toEqual([lastSeq + 5]);
  }, 20_000);

  it('hide earlier messages from late joiners while repairing', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.posts('/rooms', { type: 'team', name: 'x', historyVisibility: 'since_joined' });
    const old = await ana.sends(room, 'a secret of old');
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    const there = await listening(bob, other);
    await ana.patches(`/rooms/${room.id}/messages/${old.id}`, { text: 'a secret, edited' });
    await ana.sends(room, 'see above', { replyToId: old.id });
    expect((await there.receivesText('see above')).replyTo.preview).toBeNull();
    expect((await there.receives('messages:updated')).causes).toMatchObject([{ kind: 'hidden' }]);
    expect(JSON.stringify(there.received)).not.toContain('secret');
  }, 20_000);

  it('deliver nothing to members after their removal', () => removalsAreExact(world, other), 120_000);

  it('find losses of access whose notification was lost', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob, eva);
    const [bobs, evas] = [await listening(bob, other), await listening(eva, other)];
    const client = await world.database();
    await client.query('BEGIN');
    // Like a process whose notification was lost.
    await client.query(`DELETE FROM room_users WHERE room_id = $1 AND user_id = $2`, [room.id, bob.id]);
    await client.query(`UPDATE room_heads SET fence = fence + 1, member_count = member_count - 1 WHERE room_id = $1`, [room.id]);
    await client.query(`UPDATE sessions SET ended_at = now(), end_reason = 'revoked' WHERE user_id = $1`, [eva.id]);
    await client.query('COMMIT');
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley-listen' AND datname = current_database()`,
    );
    await client.end();
    expect(await bobs.receives('room:gone', () => true, 3_000)).toMatchObject({ roomId: room.id, reason: 'left' });
    expect(await evas.receives('session:ended', () => true, 3_000)).toEqual({ reason: 'revoked' });
  });

  it('check sessions first, and few rooms at a time', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const calm = await ana.opensGroup(bob, eva);
    const rooms: { id: string }[] = [];
    while (rooms.length < 15) rooms.push(await ana.opensGroup(bob));
    const ids = rooms.map(({ id }) => id);
    const [bobs, evas] = [await listening(bob, other), await listening(eva, other)];
    const [holder, looker] = [await world.database(), await world.database()];
    await holder.query(`DELETE FROM room_users WHERE room_id = ANY ($1) AND user_id = $2`, [ids, bob.id]);
    await holder.query(`UPDATE sessions SET ended_at = now(), end_reason = 'revoked' WHERE user_id = $1`, [eva.id]);
    await holder.query('BEGIN');
    // Each review waits here, with its connection.
    await holder.query('LOCK TABLE room_audit');
    await looker.query(`UPDATE room_heads SET fence = fence + 1, member_count = member_count - 1 WHERE room_id = ANY ($1)`, [ids]);
    await looker.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley-listen' AND datname = current_database()`,
    );
    await until('rooms are being reviewed', async () => {
      const { rowCount } = await looker.query(`SELECT FROM pg_locks WHERE relation = 'room_audit'::regclass AND NOT granted`);
      return rowCount! >= 4;
    });
    expect(await evas.receives('session:ended')).toEqual({ reason: 'revoked' });
    for (let n = 0; n < 5; n++) expect(await sends(bobs, calm, `meanwhile ${n}`)).toMatchObject({ ok: true });
    await holder.query('ROLLBACK');
    await until('all subscriptions have ended', () => bobs.all('room:gone').length === rooms.length);
    await Promise.all([holder.end(), looker.end()]);
  }, 20_000);

  it('check sessions until the database answers', async () => {
    const { eva } = await world.people('eva');
    const hasty = await world.node({ WRITER_LOCK_TIMEOUT_MS: '100' });
    const socket = await listening(eva, hasty);
    const [holder, looker] = [await world.database(), await world.database()];
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE sessions');
    await holder.query(`UPDATE sessions SET ended_at = now(), end_reason = 'revoked' WHERE user_id = $1`, [eva.id]);
    await looker.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley-listen' AND datname = current_database()`,
    );
    const asked = new Set<string>();
    await until('the query was repeated', async () => {
      const { rows } = await looker.query(
        `SELECT pid || ' ' || query_start AS since FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%"sessionId"%end_reason%'`,
      );
      for (const { since } of rows) asked.add(since);
      // The other two processes wait without a timeout.
      return asked.size > 3;
    });
    await holder.query('COMMIT');
    expect(await socket.receives('session:ended')).toEqual({ reason: 'revoked' });
    await Promise.all([holder.end(), looker.end()]);
  });
});
