import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Json } from '../support/test-socket.js';
import { World, type Person } from '../support/world.js';

describe('sync over a socket', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ REALTIME_SYNC_ROOMS: '5' })));
  afterAll(() => world.stop());

  const cursorOf = ({ lastSeq, rev }: Json) => ({ seq: lastSeq, rev });
  const headOf = async (person: Person, room: Json) => cursorOf(await person.gets(`/rooms/${room.id}`));

  it('returns the missed changes of each room with the membership, and marks rooms that are gone', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const [first, second, third] = [await ana.opensGroup(bob), await ana.opensTeam(bob), await ana.opensGroup(bob)];
    const rooms = Object.fromEntries(await Promise.all([first, second, third].map(async (room) => [room.id, await headOf(bob, room)])));
    const socket = await bob.connects();
    const message = await ana.sends(first, `hi @${bob.username}`);
    await ana.patches(`/rooms/${second.id}`, { name: 'new name' });
    await ana.deletes(`/rooms/${third.id}/users/${bob.id}`);
    const outsider = randomUUID();
    const ack = await socket.emits('sync', { rooms: { ...rooms, [outsider]: { seq: 0, rev: 0 } } });
    expect(ack).toMatchObject({ ok: true, later: [] });
    expect(Object.keys(ack.rooms).sort()).toEqual([first.id, second.id, third.id, outsider].sort());
    expect(ack.rooms[third.id]).toEqual({ gone: true });
    expect(ack.rooms[outsider]).toEqual({ gone: true });
    expect(ack.rooms[first.id]).toEqual({
      ...(await bob.gets(`/rooms/${first.id}/changes?seq=${rooms[first.id].seq}&rev=${rooms[first.id].rev}`)),
      membership: (await bob.gets(`/rooms/${first.id}`)).membership,
    });
    expect(ack.rooms[first.id]).toMatchObject({
      messages: [{ id: message.id }],
      membership: { unreadCount: 1, mentionCount: 1, userId: bob.id },
    });
    expect(ack.rooms[second.id]).toMatchObject({
      messages: [{ system: { event: 'room_updated' } }],
      changes: [{ kind: 'room', room: { name: 'new name' } }],
      hasMore: false,
    });
  });

  it('accepts ids in any case, and refuses malformed payloads', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const socket = await ana.connects();
    const ack = await socket.emits('sync', { rooms: { [room.id.toUpperCase()]: cursorOf(room) } });
    expect(Object.keys(ack.rooms)).toEqual([room.id]);
    const many = Object.fromEntries(Array.from({ length: 6 }, () => [randomUUID(), { seq: 0, rev: 0 }]));
    for (const payload of [
      {},
      { rooms: [] },
      { rooms: 1 },
      { rooms: { x: { seq: 0, rev: 0 } } },
      { rooms: { [room.id]: { seq: 0 } } },
      { rooms: { [room.id]: { seq: -1, rev: 0 } } },
      { rooms: { [room.id]: { seq: 0, rev: 0, epoch: 1 } } },
      { rooms: { [room.id]: null } },
      { rooms: many },
      { rooms: {}, more: 1 },
    ]) {
      expect(await socket.emits('sync', payload)).toMatchObject({ ok: false, error: { status: 400, code: 'validation_failed' } });
    }
  });

  it('answers as many rooms as fit into 256 kB, and lists the others as later', async () => {
    const ana = await world.person('ana');
    const rooms = [await ana.opensGroup(), await ana.opensTeam(), await ana.opensGroup()];
    const cursors = Object.fromEntries(rooms.map((room) => [room.id, cursorOf(room)]));
    for (const room of rooms) {
      // 30 kB in UTF-8, more in JSON.
      for (let n = 0; n < 5; n++) await ana.sends(room, `${n}${'語'.repeat(9_990)}`);
    }
    const socket = await ana.connects();
    const received = new Map<string, number[]>(rooms.map((room) => [room.id, []]));
    let asked: Json = cursors;
    for (let round = 0; Object.keys(asked).length > 0; round++) {
      expect(round).toBeLessThan(10);
      const ack = await socket.emits('sync', { rooms: asked });
      expect(Buffer.byteLength(JSON.stringify(ack))).toBeLessThanOrEqual(256_000);
      const next: Json = Object.fromEntries(ack.later.map((id: string) => [id, asked[id]]));
      for (const [id, answer] of Object.entries<Json>(ack.rooms)) {
        received.get(id)!.push(...answer.messages.map(({ seq }: Json) => seq));
        if (answer.hasMore) next[id] = { seq: answer.seq, rev: answer.rev };
      }
      asked = next;
    }
    for (const room of rooms) expect(received.get(room.id)).toEqual([1, 2, 3, 4, 5].map((n) => room.lastSeq + n));
  });

  it('returns the heads of all rooms by id, page by page', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const rooms: Json[] = [];
    for (let n = 0; n < 7; n++) rooms.push(await ana.opensTeam(bob));
    await ana.sends(rooms[0], `hi @${bob.username}`);
    await bob.patches(`/rooms/${rooms[1].id}/users/me`, { muted: true });
    const socket = await bob.connects();
    const first = await socket.emits('rooms', {});
    const second = await socket.emits('rooms', { after: first.next });
    expect([first.rooms.length, second.rooms.length, second.next]).toEqual([5, 2, null]);
    const heads = [...first.rooms, ...second.rooms];
    expect(heads.map(({ roomId }) => roomId)).toEqual(rooms.map(({ id }) => id).sort());
    const of = (room: Json) => heads.find(({ roomId }) => roomId === room.id);
    expect(of(rooms[0])).toEqual({
      roomId: rooms[0].id,
      ...(await headOf(bob, rooms[0])),
      lastReadSeq: (await bob.gets(`/rooms/${rooms[0].id}`)).membership.lastReadSeq,
      unreadCount: 1,
      mentionCount: 1,
      muted: false,
    });
    expect(of(rooms[1])).toMatchObject({ unreadCount: 0, muted: true });
    expect(await socket.emits('rooms', { after: 'x' })).toMatchObject({ ok: false, error: { status: 400 } });
  });
});
