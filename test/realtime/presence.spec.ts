import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.js';
import { World } from '../support/world.js';

let world: World;
beforeAll(async () => (world = await World.shared()));
afterAll(() => world.stop());

describe('presence', () => {
  it('belongs to a user, not to a device, and is visible as privacy permits', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    await ana.befriends(bob);
    const [b, z] = [await bob.connects(), await zoe.connects()];
    expect(await b.emits('presence:watch', { userIds: [ana.id] })).toEqual({
      ok: true,
      presence: [{ userId: ana.id, online: false, lastActiveAt: null }],
    });
    await z.emits('presence:watch', { userIds: [ana.id, bob.id] });
    const [one, two] = [await ana.connects(), await ana.connects()];
    expect(await b.receives('presence')).toMatchObject({ userId: ana.id, online: true, lastActiveAt: expect.any(String) });
    one.close();
    await two.flushes();
    await b.flushes();
    expect(b.all('presence').length).toBe(1);
    two.close();
    expect(await b.receives('presence', ({ online }) => !online)).toMatchObject({ userId: ana.id, lastActiveAt: expect.any(String) });
    await z.flushes();
    expect(z.all('presence')).toEqual([]);
  });

  it('is not sent after watching ended', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    await ana.befriends(bob, eva);
    const [b, e] = [await bob.connects(), await eva.connects()];
    await b.emits('presence:watch', { userIds: [ana.id] });
    await e.emits('presence:watch', { userIds: [ana.id] });
    expect(await b.emits('presence:watch', { userIds: [] })).toEqual({ ok: true, presence: [] });
    await ana.connects();
    await e.receives('presence');
    await b.flushes();
    expect(b.all('presence')).toEqual([]);
  });
});

describe('a block between users who are not friends', () => {
  it('hides presence at once, from these two alone, until it is lifted', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    for (const person of [ana, bob]) await person.patches('/users/me', { privacy: { presence: 'everyone' } });
    const [a, b, e] = [await ana.connects(), await bob.connects(), await eva.connects()];
    const both = [
      [a, bob],
      [b, ana],
    ] as const;
    for (const [socket, other] of both) await socket.emits('presence:watch', { userIds: [other.id] });
    await e.emits('presence:watch', { userIds: [ana.id, bob.id] });
    const before = b.received.length;
    await ana.puts(`/users/me/blocks/${bob.id}`);
    for (const [socket, other] of both) {
      await socket.receives('presence', ({ online }) => !online);
      await socket.flushes();
      expect(socket.all('presence').at(-1)).toEqual({ userId: other.id, online: false, lastActiveAt: null });
    }
    expect(b.received.slice(before).map(({ event }) => event)).toEqual(['presence']);
    await ana.deletes(`/users/me/blocks/${bob.id}`);
    for (const [socket, other] of both) {
      await socket.receives('presence', ({ online }) => online);
      await socket.flushes();
      expect(socket.all('presence').at(-1)).toMatchObject({ userId: other.id, online: true, lastActiveAt: expect.any(String) });
    }
    expect(b.received.slice(before).map(({ event }) => event)).toEqual(['presence', 'presence']);
    await e.flushes();
    expect(e.all('presence')).toEqual([]);
  });
});

describe('typing', () => {
  it('reaches the other members once in three seconds, and expires after six', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const [a, b] = [await ana.connects(), await bob.connects()];
    for (let n = 0; n < 5; n++) expect(await a.emits('typing', { roomId: room.id, typing: true })).toEqual({ ok: true });
    await b.receives('typing');
    await b.flushes();
    expect(b.all('typing')).toEqual([{ roomId: room.id, userId: ana.id, typing: true }]);
    await b.receives('typing', ({ typing }) => !typing, 7_000);
    await a.flushes();
    expect(a.all('typing')).toEqual([]);
  }, 15_000);

  it('stops on request, and reaches neither blocked users nor non-members', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob, eva);
    await eva.puts(`/users/me/blocks/${ana.id}`);
    const [a, b, e] = await Promise.all([ana.connects(), bob.connects(), eva.connects()]);
    await a.emits('typing', { roomId: room.id, typing: true });
    await a.emits('typing', { roomId: room.id, typing: false });
    await b.receives('typing', ({ typing }) => !typing);
    await e.flushes();
    expect(e.all('typing')).toEqual([]);
    const channel = await ana.opensChannel(bob);
    expect(await b.emits('typing', { roomId: channel.id, typing: true })).toMatchObject({
      error: { status: 403, permission: 'can_create_messages' },
    });
  });
});

describe('read marks', () => {
  it('reach the other members once a second, with the latest, and the other devices of the user', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    for (let n = 0; n < 10; n++) await ana.sends(room, `n ${n}`);
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    const [a, b, second] = await Promise.all([ana.connects(), bob.connects(), bob.connects()]);
    for (let n = 9; n >= 0; n--) await b.emits('room:read', { roomId: room.id, seq: lastSeq - n });
    await a.receives('room:read', ({ seq }) => seq === lastSeq);
    expect(a.all('room:read').length).toBeLessThan(5);
    expect(a.all('room:read').map(({ seq }) => seq)).toEqual(
      a
        .all('room:read')
        .map(({ seq }) => seq)
        .toSorted((x, y) => x - y),
    );
    const own = await second.receives('membership:updated', ({ membership }) => membership.lastReadSeq === lastSeq);
    expect(own).toMatchObject({ roomId: room.id, membership: { unreadCount: 0 } });
    expect(own.my).toBeUndefined();
    await b.flushes();
    expect(b.all('room:read')).toEqual([]);
  });

  it('reach only members who both show them', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob, eva);
    await eva.patches('/users/me', { privacy: { readReceipts: false } });
    await ana.sends(room, 'read me');
    const [a, b, e] = await Promise.all([ana.connects(), bob.connects(), eva.connects()]);
    const { lastSeq } = await ana.gets(`/rooms/${room.id}`);
    await e.emits('room:read', { roomId: room.id, seq: lastSeq });
    await b.emits('room:read', { roomId: room.id, seq: lastSeq });
    await until('the receipt of bob is received', () => a.all('room:read').some(({ userId }) => userId === bob.id));
    await e.flushes();
    expect(a.all('room:read').map(({ userId }) => userId)).toEqual([bob.id]);
    expect(e.all('room:read')).toEqual([]);
  });
});
