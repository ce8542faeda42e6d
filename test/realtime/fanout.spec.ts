import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UserHub } from '../../src/realtime/hub/user-hub.service.js';
import { JsonText } from '../../src/realtime/adapter/json-text.js';
import type { TestSocket } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { World } from '../support/world.js';

let world: World;
beforeAll(async () => (world = await World.shared()));
afterAll(() => world.stop());

const logged = (socket: TestSocket, roomId: string): any[] =>
  socket.received.filter(({ payload }) => payload.roomId === roomId && payload.prevRev !== undefined).map(({ payload }) => payload);

/** Each packet begins where the one before it ended. */
const expectNoGap = (socket: TestSocket, roomId: string, from: number): void => {
  let at = from;
  for (const { prevRev, rev } of logged(socket, roomId)) {
    expect(prevRev).toBe(at);
    expect(rev).toBeGreaterThan(prevRev);
    at = rev;
  }
};

describe('events of messages', () => {
  it('reach the members of the room, including the sender, and nobody else', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    const room = await ana.opensGroup(bob);
    const [a, b, z] = await Promise.all([ana.connects(), bob.connects(), zoe.connects()]);
    await ana.sends(room, 'hello');
    const received = await b.receivesText('hello');
    expect(await a.receivesText('hello')).toEqual(received);
    const { mine: _, ...first } = { mine: 0, ...(await bob.gets(`/rooms/${room.id}/messages/${received.id}`)) };
    expect(received).toEqual({ ...first, reactions: [] });
    await z.flushes();
    expect(z.messages()).toEqual([]);
  });

  it('of one commit are one packet', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const [a, b] = [await ana.connects(), await bob.connects()];
    await Promise.all(Array.from({ length: 60 }, (_, n) => a.emits('message:send', { roomId: room.id, text: `n ${n}` })));
    await b.receivesText('n 59');
    expect(b.messages(room.id).map(({ text }) => text)).toEqual(Array.from({ length: 60 }, (_, n) => `n ${n}`));
    expect(b.all('messages:created').length).toBeLessThan(20);
  });

  it('contain the cause of a change, are merged when there are many, and leave no gap', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'to be liked');
    const [a, b] = [await ana.connects(), await bob.connects()];
    const { rev } = await bob.gets(`/rooms/${room.id}`);
    const on = { roomId: room.id, messageId: message.id };
    await a.emits('message:edit', { ...on, text: 'edited' });
    expect((await b.receives('messages:updated')).causes).toEqual([
      { rev: rev + 1, kind: 'edited', messageId: message.id, userId: ana.id },
    ]);
    const emoji = [...'👍👎😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰😗😙😚'];
    await Promise.all(emoji.map((reaction) => a.emits('reaction:add', { ...on, reaction })));
    await b.receives('messages:updated', (packet) => packet.rev === rev + 21);
    expect(b.all('messages:updated').length).toBeLessThan(15);
    expectNoGap(b, room.id, rev);
    const merged = b.all('messages:updated').find(({ causes }) => causes.length > 1);
    expect(merged.messages).toEqual([{ id: message.id, seq: message.seq, rev: merged.rev, reactions: expect.any(Array) }]);
  });

  it('keep their order with every other change of the room', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'x');
    const b = await bob.connects();
    const { rev } = await bob.gets(`/rooms/${room.id}`);
    const path = `/rooms/${room.id}/messages/${message.id}`;
    await Promise.all([
      ...Array.from({ length: 12 }, (_, n) => ana.patches(path, { text: `edit ${n}` })),
      ana.patches(`/rooms/${room.id}`, { name: 'another' }),
      ana.befriends(eva).then(() => ana.posts(`/rooms/${room.id}/users`, { userId: eva.id })),
      ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin' }),
    ]);
    const fresh = await bob.gets(`/rooms/${room.id}`);
    await until('all are received', () => logged(b, room.id).at(-1)?.rev === fresh.rev);
    expectNoGap(b, room.id, rev);
    expect(b.all('room:updated')[0].room).toMatchObject({ name: 'another' });
    expect(Object.keys(b.all('room:updated')[0].room)).not.toContain('membership');
    expect(b.all('room-user:added')[0].roomUsers).toMatchObject([{ userId: eva.id, role: 'member' }]);
    expect(b.all('room-user:updated')[0].roomUser).toMatchObject({ userId: bob.id, role: 'admin' });
  });
});

describe('access to rooms', () => {
  it('room:created has the view of each user, and the sync cursor to start from', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    await ana.befriends(bob, eva);
    const [a, b, e] = await Promise.all([ana.connects(), bob.connects(), eva.connects()]);
    const room = await ana.opens('team', 'ours', bob);
    for (const [socket, person, role] of [
      [a, ana, 'owner'],
      [b, bob, 'member'],
    ] as const) {
      const created = await socket.receives('room:created', (packet) => packet.room.id === room.id);
      expect(created.room.membership).toMatchObject({ userId: person.id, role });
      expect(created.my).toBe((await person.gets('/users/me')).my);
    }
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
    const { room: seen } = await e.receives('room:created', (packet) => packet.room.id === room.id);
    const { rev } = seen;
    await ana.sends(room, 'hello, new member');
    await e.receivesText('hello, new member');
    expect(e.messages(room.id).map(({ seq }) => seq)).toEqual([seen.lastSeq + 1]);
    expect(logged(e, room.id).every(({ prevRev }) => prevRev >= rev)).toBe(true);
  });

  it('room:gone is the last event of a room, with the reason', async () => {
    const { ana, bob, eva, ida } = await world.people('ana', 'bob', 'eva', 'ida');
    const room = await ana.opens('group', 'here', bob, eva, ida);
    const [a, b, e, i] = await Promise.all([ana.connects(), bob.connects(), eva.connects(), ida.connects()]);
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    await ana.sends(room, 'without bob');
    await eva.posts(`/rooms/${room.id}/leave`);
    await ana.puts(`/rooms/${room.id}/bans/${ida.id}`, {});
    await ana.sends(room, 'alone');
    expect(await b.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'removed' });
    expect(await e.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'left' });
    expect(await i.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'banned' });
    expect((await a.receives('room-user:removed')).userId).toBe(bob.id);
    await a.receivesText('alone');
    for (const [socket, person] of [
      [b, bob],
      [e, eva],
      [i, ida],
    ] as const) {
      await socket.flushes();
      const ofRoom = socket.received.filter(({ payload }) => payload.roomId === room.id);
      expect(ofRoom.at(-1)!.event).toBe('room:gone');
      expect(ofRoom.at(-1)!.payload.my).toBe((await person.gets('/users/me')).my);
      expect(socket.messages(room.id).map(({ text }) => text)).not.toContain('alone');
    }
    expect(b.messages(room.id)).toEqual([]);
    await ana.deletes(`/rooms/${room.id}`);
    expect(await a.receives('room:gone')).toMatchObject({ roomId: room.id, reason: 'deleted' });
  });

  it('a user who rejoins receives new messages, each once', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const b = await bob.connects();
    for (let n = 0; n < 5; n++) {
      await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
      await ana.sends(room, `not received ${n}`);
      await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
      await b.receives('room:created', () => b.all('room:created').length === n + 1);
      await ana.sends(room, `received ${n}`);
      await b.receivesText(`received ${n}`);
    }
    const payload = b.messages(room.id).filter(({ system }) => !system);
    expect(payload.map(({ text }) => text)).toEqual(Array.from({ length: 5 }, (_, n) => `received ${n}`));
    expect(b.received.filter(({ event }) => event === 'room:gone' || event === 'room:created').map(({ event }) => event)).toEqual(
      Array.from({ length: 5 }, () => ['room:gone', 'room:created']).flat(),
    );
  });
});

describe('personal events', () => {
  it('reach all devices of the user, numbered without a gap', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const [one, two] = [await ana.connects(), await ana.connects()];
    const from = one.all('ready')[0].my;
    const request = await bob.posts('/friend-requests', { userId: ana.id });
    await ana.posts(`/friend-requests/${request.id}/approve`);
    await ana.patches('/users/me', { displayName: 'Ana the Great' });
    const room = await ana.posts('/rooms', { type: 'group', name: 'x', userIds: [bob.id] });
    await ana.patches(`/rooms/${room.id}/users/me`, { muted: true, draft: 'so far' });
    await ana.puts(`/users/me/blocks/${bob.id}`);
    const { my } = await ana.gets('/users/me');
    for (const socket of [one, two]) {
      await until('all are received', () => socket.received.some(({ payload }) => payload.my === my));
      const numbers = socket.received
        .filter(({ event, payload }) => event !== 'ready' && payload.my !== undefined)
        .map(({ payload }) => payload.my);
      expect(numbers).toEqual(Array.from({ length: my - from }, (_, index) => from + index + 1));
      expect(socket.all('friend-request:received')[0].friendRequest).toMatchObject({ id: request.id, status: 'pending' });
      expect(socket.all('friend-request:approved')[0].friendRequest).toMatchObject({ id: request.id, status: 'approved' });
      expect(socket.all('me:updated')[0].me).toMatchObject({ displayName: 'Ana the Great' });
      expect(socket.all('membership:updated')[0].membership).toMatchObject({ muted: true, draft: 'so far' });
      expect(socket.all('friend:removed')).toMatchObject([{ userId: bob.id }]);
    }
  });

  it('arrive in the order of their numbers, whichever commit is published first', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const socket = await ana.connects();
    const { my } = await ana.gets('/users/me');
    const numbers = (): number[] => socket.all('friend:removed').map((packet) => packet.my);
    const userHub = world.app.app.get(UserHub);
    const received = (number: number): void =>
      userHub.sendToUser(ana.id, { event: 'friend:removed', my: number, body: JsonText.of({ userId: bob.id, my: number }) });
    for (const step of [2, 3, 1]) received(my + step);
    await socket.flushes();
    expect(numbers()).toEqual([my + 1, my + 2, my + 3]);
    // A number that never arrives is skipped after a while.
    for (const step of [7, 6]) received(my + step);
    await until('the rest', () => numbers().length === 5);
    expect(numbers().slice(3)).toEqual([my + 6, my + 7]);
  });

  it('report a changed profile to watchers and to the other user of a private room', async () => {
    const { ana, bob, eva, zoe } = await world.people('ana', 'bob', 'eva', 'zoe');
    await ana.opensPrivate(bob);
    const [b, e, z] = await Promise.all([bob.connects(), eva.connects(), zoe.connects()]);
    await e.emits('presence:watch', { userIds: [ana.id] });
    await ana.patches('/users/me', { displayName: 'renamed' });
    for (const socket of [b, e]) expect((await socket.receives('user:updated')).user).toMatchObject({ id: ana.id, displayName: 'renamed' });
    await z.flushes();
    expect(z.all('user:updated')).toEqual([]);
  });
});

it('a reader joins and leaves a channel without a logged change, and receives messages in between', async () => {
  const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
  const room = await ana.opensChannel(bob);
  const [b, e] = [await bob.connects(), await eva.connects()];
  const { rev, lastSeq } = await ana.gets(`/rooms/${room.id}`);
  await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
  await e.receives('room:created');
  await ana.sends(room, 'news');
  await e.receivesText('news');
  await eva.posts(`/rooms/${room.id}/leave`);
  await e.receives('room:gone');
  await ana.sends(room, 'more news');
  await b.receivesText('more news');
  await e.flushes();
  expect(e.messages().map(({ text }) => text)).toEqual(['news']);
  expect(b.messages(room.id).map(({ seq }) => seq)).toEqual([lastSeq + 1, lastSeq + 2]);
  expect(logged(b, room.id)).toEqual([]);
  expect((await ana.gets(`/rooms/${room.id}`)).rev).toBe(rev);
});
