import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningApp } from '../support/app.js';
import type { Json } from '../support/test-socket.js';
import { World, type Person } from '../support/world.js';

let world: World;
let second: RunningApp;
beforeAll(async () => {
  world = await World.start();
  second = await world.node();
}, 30_000);
afterAll(() => world.stop());

/** Another transaction holds the heads of rooms, until the returned function ends it. */
async function holding(...rooms: { id: string }[]): Promise<() => Promise<void>> {
  const client = await world.database();
  await client.query('BEGIN');
  const ids = rooms.map((room) => room.id);
  await client.query('SELECT 1 FROM room_heads WHERE room_id = ANY ($1::uuid[]) ORDER BY room_id FOR NO KEY UPDATE', [ids]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

const path = (room: { id: string }): string => `/rooms/${room.id}/messages`;
const seqs = (messages: Json[]): number[] => messages.map((message: Json) => message.seq as number);
const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('a message sent again with its id', () => {
  it('is stored once, by REST and socket, on two processes, all at once', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const here = await ana.connects();
    const there = await ana.connects({}, second);
    const socket = await bob.connects();
    const body = { id: randomUUID(), text: 'once' };
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        n % 3 === 0
          ? ana.call('POST', path(room), body, n % 2 ? second : world.app).then(({ status, body: message }) => ({ status, message }))
          : (n % 2 ? here : there)
              .emits('message:send', { roomId: room.id, ...body })
              .then((ack: Json) => ({ status: 200, message: ack.message })),
      ),
    );
    expect(new Set(answers.map(({ message }) => message.seq)).size).toBe(1);
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
    await socket.receivesText('once');
    await socket.flushes();
    expect(socket.messages(room.id).filter((message) => message.text === 'once')).toHaveLength(1);
    expect((await ana.call('POST', path(room), body)).status).toBe(200);
  });

  it('is a different message in another room', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const id = randomUUID();
    for (const room of [await ana.opensGroup(bob), await ana.opensGroup(bob)]) {
      expect((await ana.call('POST', path(room), { id, text: 'hi' })).status).toBe(201);
    }
  });

  it.each<[string, object, (ana: Person, bob: Person) => Person]>([
    ['with another text', { text: 'other' }, (ana) => ana],
    ['with another mention', { text: 'first', mentions: 'all' }, (ana) => ana],
    ['by another user', { text: 'first' }, (_, bob) => bob],
  ])('%s is a conflict', async (_, body, who) => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const id = randomUUID();
    await ana.sends(room, 'first', { id });
    expect(await who(ana, bob).statusOf('POST', path(room), { id, ...body })).toBe('409 message_conflict');
  });

  it('is answered with the current message: edited, or a tombstone for any body', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const id = randomUUID();
    await ana.sends(room, 'first', { id });
    await ana.patches(`${path(room)}/${id}`, { text: 'edited' });
    expect(await ana.sends(room, 'first', { id })).toMatchObject({ id, text: 'edited', rev: expect.any(Number) });
    await ana.deletes(`${path(room)}/${id}`);
    expect(await ana.sends(room, 'anything', { id })).toMatchObject({ id, text: null, deletedAt: expect.any(String) });
  });

  it('is checked after the membership and before the permission', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const id = randomUUID();
    await bob.sends(room, 'first', { id });
    await ana.patches(`/rooms/${room.id}`, { active: false });
    expect(await bob.statusOf('POST', path(room), { id, text: 'first' })).toBe('200');
    expect(await bob.statusOf('POST', path(room), { text: 'second' })).toBe('403 room_inactive');
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect(await bob.statusOf('POST', path(room), { id, text: 'first' })).toBe('404 room_not_found');
  });
});

describe('the order of a room', () => {
  it('has no gap and no duplicate with senders on two processes and both transports', async () => {
    const { ana, bob, cem, dee } = await world.people('ana', 'bob', 'cem', 'dee');
    const people = [ana, bob, cem, dee];
    const room = await ana.opensGroup(bob, cem, dee);
    const sockets = await Promise.all(people.map((person, n) => person.connects({}, n % 2 ? second : world.app)));
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    await Promise.all(
      sockets.flatMap((socket, n) => [
        (async () => {
          for (let k = 0; k < 40; k++)
            expect(await socket.emits('message:send', { roomId: room.id, text: `${n} ${k}` })).toMatchObject({ ok: true });
        })(),
        (async () => {
          for (let k = 0; k < 40; k++) await people[n]!.does('POST', path(room), { text: `r${n} ${k}` }, n % 2 ? world.app : second);
        })(),
      ]),
    );
    const head = lastSeq + 320;
    for (const socket of sockets) {
      await socket.receives('messages:created', (packet) => packet.messages.some((message: Json) => message.seq === head), 10_000);
      expect(seqs(socket.messages(room.id))).toEqual(oneTo(head).slice(lastSeq));
    }
  }, 60_000);

  it('is that of the sends of a socket, also with a reply to a message just sent', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const socket = await ana.connects();
    const id = randomUUID();
    const acks = await Promise.all([
      socket.emits('message:send', { roomId: room.id, text: '1' }),
      socket.emits('message:send', { roomId: room.id, id, text: '2' }),
      socket.emits('message:send', { roomId: room.id, text: '3', replyToId: id }),
      socket.emits('message:send', { roomId: room.id, text: '4' }),
      socket.emits('message:send', { roomId: room.id, id, text: '2' }),
      socket.emits('message:send', { roomId: room.id, text: '5' }),
    ]);
    expect(acks.map((ack) => ack.message?.text)).toEqual(['1', '2', '3', '4', '2', '5']);
    const numbers = seqs(acks.map((ack) => ack.message));
    expect([numbers[1], numbers[4]]).toEqual([numbers[1], numbers[1]]);
    expect(numbers.toSpliced(4, 1)).toEqual(oneTo(5).map((n) => n + (numbers[0] ?? 0) - 1));
    expect(acks[2].message.replyTo).toMatchObject({ id, preview: { text: '2' } });
  });

  it('never gives a higher number an earlier time', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await Promise.all(oneTo(40).map((n) => (n % 2 ? ana : bob).does('POST', path(room), { text: `${n}` }, n % 3 ? second : world.app)));
    const { items } = await ana.page(room, '?limit=100');
    const times = items.map((message: Json) => message.createdAt as string);
    expect(times).toEqual(times.toSorted());
  });
});

describe('a contended room', () => {
  it('delays no other room, and its sends are refused after the lock timeout', async () => {
    const impatient = await world.node({ WRITER_LOCK_TIMEOUT_MS: '2000' });
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const held = await Promise.all(oneTo(6).map(() => ana.opensGroup(bob)));
    const free = await ana.opensGroup(bob);
    const letGo = await holding(...held);
    const answered: string[] = [];
    const stuck = held.map((room) =>
      ana.call('POST', path(room), { text: 'stuck' }, impatient).then((answer) => {
        answered.push('held');
        return answer;
      }),
    );
    for (const n of oneTo(3)) {
      await ana.does('POST', path(free), { text: `free ${n}` }, impatient);
      answered.push('free');
    }
    expect(answered).toEqual(['free', 'free', 'free']);
    expect((await Promise.all(stuck)).map(({ status, body }) => `${status} ${body.code}`)).toEqual(held.map(() => '503 busy'));
    await letGo();
    for (const room of held) expect(await ana.statusOf('POST', path(room), { text: 'free again' })).toBe('201');
  });

  it('delays no other room by waiting changes, and applies them once it is released', async () => {
    const narrow = await world.node({ DATABASE_POOL_SIZE: '3' });
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const [held, free] = [await ana.opensGroup(bob), await ana.opensGroup(bob)];
    const [here, there] = [await ana.sends(held, 'here'), await ana.sends(free, 'there')];
    const letGo = await holding(held);
    const stuck = oneTo(8).map((n) => ana.statusOf('PATCH', `${path(held)}/${here.id}`, { text: `stuck ${n}` }, narrow));
    for (const n of oneTo(3)) expect(await ana.statusOf('PATCH', `${path(free)}/${there.id}`, { text: `free ${n}` }, narrow)).toBe('200');
    await letGo();
    expect(await Promise.all(stuck)).toEqual(oneTo(8).map(() => '200'));
  });

  it('refuses changes that wait longer than the lock timeout', async () => {
    const impatient = await world.node({ DATABASE_PATIENCE_MS: '500', WRITER_LOCK_TIMEOUT_MS: '1000' });
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const { id } = await ana.sends(room, 'here');
    const letGo = await holding(room);
    const stuck = oneTo(5).map((n) => ana.statusOf('PATCH', `${path(room)}/${id}`, { text: `stuck ${n}` }, impatient));
    expect(await Promise.all(stuck)).toEqual(oneTo(5).map(() => '503 busy'));
    await letGo();
    expect(await ana.statusOf('PATCH', `${path(room)}/${id}`, { text: 'free again' }, impatient)).toBe('200');
  });

  it('stores waiting messages in the order sent, once it is released', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const socket = await ana.connects();
    const letGo = await holding(room);
    const sends = oneTo(5).map((n) => socket.emits('message:send', { roomId: room.id, text: `${n}` }));
    await ana.gets('/users/me');
    const late = oneTo(3).map((n) => socket.emits('message:send', { roomId: room.id, text: `late ${n}` }));
    await letGo();
    const acks = await Promise.all([...sends, ...late]);
    expect(acks.map((ack) => ack.message?.text)).toEqual(['1', '2', '3', '4', '5', 'late 1', 'late 2', 'late 3']);
    const numbers = seqs(acks.map((ack) => ack.message));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });
});

describe('one refused message', () => {
  it('takes no number and fails no other message of its batch', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    const room = await ana.opensGroup(bob);
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    const [socket, outsider] = [await ana.connects(), await zoe.connects()];
    const acks = await Promise.all([
      socket.emits('message:send', { roomId: room.id, text: 'good' }),
      socket.emits('message:send', { roomId: room.id, text: 'bad', replyToId: randomUUID() }),
      socket.emits('message:send', { roomId: room.id, mediaIds: [randomUUID()] }),
      outsider.emits('message:send', { roomId: room.id, text: 'from outside' }),
      socket.emits('message:send', { roomId: room.id, text: 'good too' }),
    ]);
    expect(acks.map((ack) => ack.error?.code ?? 'ok')).toEqual(['ok', 'reply_not_found', 'media_not_usable', 'room_not_found', 'ok']);
    expect((await ana.gets(`/rooms/${room.id}`)).lastSeq).toBe(lastSeq + 2);
  });
});

describe('a body with many faults', () => {
  it('is answered with a short problem, by REST and socket', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const socket = await ana.connects();
    const body = Object.fromEntries(oneTo(1_000).map((n) => [`${n}${'x'.repeat(n === 1 ? 5_000 : 1)}`, n]));
    const answer = await ana.call('POST', path(room), { text: 'hi', ...body });
    const ack = await socket.emits('message:send', { roomId: room.id, text: 'hi', ...body });
    for (const { code, errors } of [answer.body, ack.error]) {
      expect(code).toBe('validation_failed');
      expect(errors.map((fault: Json) => fault.path)).toEqual([
        `1${'x'.repeat(99)}`,
        ...oneTo(20)
          .slice(1)
          .map((n) => `${n}x`),
      ]);
    }
  });
});

describe('slow mode', () => {
  it('delays members, with retryAfter, but not admins', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await ana.patches(`/rooms/${room.id}`, { slowModeSeconds: 60 });
    const [one, other] = await Promise.all([bob.call('POST', path(room), { text: '1' }), bob.call('POST', path(room), { text: '2' })]);
    expect([one.status, other.status].toSorted()).toEqual([201, 403]);
    const refused = one.status === 403 ? one : other;
    expect(refused.body).toMatchObject({ code: 'forbidden', reason: 'slow_mode', retryAfter: expect.any(Number) });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    for (const text of ['1', '2']) expect(await ana.statusOf('POST', path(room), { text })).toBe('201');
  });

  it('is not started by a message that is refused for another reason', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await ana.patches(`/rooms/${room.id}`, { slowModeSeconds: 60 });
    const socket = await bob.connects();
    // The head is held, so that all the others are checked in one call.
    const letGo = await holding(room);
    const sends = [{ text: 'a reply to nothing', replyToId: randomUUID() }, { text: 'good' }, { text: 'too soon' }].map((message) =>
      socket.emits('message:send', { roomId: room.id, ...message }),
    );
    await letGo();
    const acks = await Promise.all(sends);
    expect(acks.map((ack) => ack.error?.reason ?? ack.error?.code ?? 'ok')).toEqual(['reply_not_found', 'ok', 'slow_mode']);
    expect(acks[2].error.retryAfter).toBeGreaterThan(50);
    // After it, the same holds for two messages at once.
    const db = await world.database();
    await db.query(`UPDATE room_users SET last_sent_at = now() - interval '2 minutes' WHERE user_id = $1`, [bob.id]);
    await db.end();
    const again = await Promise.all([1, 2].map((n) => socket.emits('message:send', { roomId: room.id, text: `again ${n}` })));
    expect(again.map((ack) => ack.error?.reason ?? 'ok')).toEqual(['ok', 'slow_mode']);
    expect(again[1].error.retryAfter).toBeGreaterThan(50);
  });

  it('still delays members who leave and rejoin', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.posts('/rooms', { type: 'group', name: 'slow', isPublic: true });
    await ana.patches(`/rooms/${room.id}`, { slowModeSeconds: 60 });
    for (const person of [bob, eva]) await person.posts(`/rooms/${room.id}/join`);
    await bob.sends(room, 'once');
    for (const person of [bob, eva]) {
      await person.posts(`/rooms/${room.id}/leave`);
      await person.posts(`/rooms/${room.id}/join`);
    }
    expect(await bob.statusOf('POST', path(room), { text: 'twice' })).toBe('403 slow_mode');
    expect(await eva.statusOf('POST', path(room), { text: 'once' })).toBe('201');
    // A member who has waited long enough may send.
    await world
      .database()
      .then((db) => db.query(`UPDATE messages SET created_at = now() - interval '2 minutes' WHERE user_id = $1`, [bob.id]));
    await bob.posts(`/rooms/${room.id}/leave`);
    await bob.posts(`/rooms/${room.id}/join`);
    expect(await bob.statusOf('POST', path(room), { text: 'twice' })).toBe('201');
  });
});

describe('the view of a message', () => {
  it.each<[string, object]>([
    ['plain', { text: 'hello' }],
    ['unicode', { text: '👩‍👩‍👧 “quotes” \\ \n مرحبا' }],
    ['a mention', { text: 'hi @all' }],
  ])('is the same in the ack, the broadcast and when read: %s', async (_, body) => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const socket = await bob.connects();
    const sent = await ana.posts(path(room), body);
    expect(await ana.gets(`${path(room)}/${sent.id}`)).toEqual(sent);
    const received = await socket.receives('messages:created', (packet) => packet.messages.some((message: Json) => message.id === sent.id));
    expect(received.messages).toEqual([sent]);
    expect((await ana.page(room)).items.at(-1)).toEqual(sent);
  });
});

describe('the writer’s queue', () => {
  it('has a maximum for each sender: beyond it 503 at once, and the message is not stored', async () => {
    const small = await world.node({ WRITER_QUEUE_PER_SENDER: '3' });
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const socket = await ana.connects({}, small);
    const letGo = await holding(room);
    const sends = oneTo(5).map((n) => socket.emits('message:send', { roomId: room.id, text: `${n}` }));
    const refused = await Promise.all(sends.slice(3));
    expect(refused.map((ack) => [ack.error.status, ack.error.code, ack.error.retryAfter])).toEqual([
      [503, 'overloaded', 1],
      [503, 'overloaded', 1],
    ]);
    await letGo();
    expect((await Promise.all(sends.slice(0, 3))).map((ack) => ack.ok)).toEqual([true, true, true]);
    expect((await ana.page(room)).items.filter((message: Json) => message.type === 'text')).toHaveLength(3);
  });
});
