import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { UnreadRepair } from '../../src/room-users/unread-repair.service.js';
import { limitOf, property } from '../support/properties.js';
import { type Person, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

type Room = { id: string };
const reads = (person: Person, room: Room, seq: number) => person.puts(`/rooms/${room.id}/users/me/read`, { seq });

/** Counts what a user has not read, message by message. */
async function counted(room: Room, person: Person): Promise<number> {
  const { rows } = await db.query(
    `SELECT count(*)::int AS unread FROM messages m JOIN room_users ru ON ru.room_id = m.room_id AND ru.user_id = $2
     WHERE m.room_id = $1 AND m.seq > ru.last_read_seq AND m.type <> 'system' AND m.deleted_at IS NULL AND m.user_id <> $2`,
    [room.id, person.id],
  );
  return rows[0].unread;
}

describe('a read mark', () => {
  it('goes forward, never back, and never past the last message', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    for (const text of ['one', 'two', 'three']) await ana.sends(room, text);
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toMatchObject({ unreadCount: 3, lastReadSeq: 0, lastSeenAt: null });
    expect(await reads(bob, room, 2)).toEqual({ lastReadSeq: 2, unreadCount: 2, mentionCount: 0 });
    expect(await reads(bob, room, 1)).toEqual({ lastReadSeq: 2, unreadCount: 2, mentionCount: 0 });
    expect(await reads(bob, room, Number.MAX_SAFE_INTEGER)).toEqual({ lastReadSeq: 4, unreadCount: 0, mentionCount: 0 });
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toMatchObject({
      unreadCount: 0,
      lastReadSeq: 4,
      lastSeenAt: expect.any(String),
    });
    await ana.sends(room, 'four');
    expect(await reads(bob, room, 0)).toEqual({ lastReadSeq: 4, unreadCount: 1, mentionCount: 0 });
  });

  it('counts neither deleted, nor own, nor system messages; sending marks the room as read', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob);
    await ana.befriends(cid);
    const first = await ana.sends(room, 'goes');
    await ana.sends(room, 'stays');
    await ana.posts(`/rooms/${room.id}/users`, { userId: cid.id });
    await ana.deletes(`/rooms/${room.id}/messages/${first.id}`);
    const unread = async (person: Person) => (await person.gets(`/rooms/${room.id}`)).membership.unreadCount;
    expect(await unread(bob)).toBe(1);
    expect(await unread(cid)).toBe(0);
    expect(await unread(ana)).toBe(0);
    await bob.sends(room, 'read it');
    expect(await unread(bob)).toBe(0);
    expect(await unread(cid)).toBe(1);
  });

  it('counts later mentions, by name and of all', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const named = await ana.sends(room, `hello @${bob.username}`);
    const both = await ana.sends(room, `@all and @${bob.username}`);
    await ana.sends(room, 'nothing');
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toMatchObject({ unreadCount: 3, mentionCount: 2 });
    expect(await reads(bob, room, named.seq)).toMatchObject({ unreadCount: 2, mentionCount: 1 });
    await ana.deletes(`/rooms/${room.id}/messages/${both.id}`);
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toMatchObject({ unreadCount: 1, mentionCount: 0 });
  });

  it.each([{}, { seq: -1 }, { seq: 1.5 }, { seq: '1' }, { seq: null }, { seq: 2 ** 53 }, { seq: 1, userId: 'x' }])(
    'refuses %j',
    async (body) => {
      const ana = await world.person('ana');
      const room = await ana.opensGroup();
      expect(await ana.statusOf('PUT', `/rooms/${room.id}/users/me/read`, body)).toBe('400 validation_failed');
    },
  );

  it('is rejected for a non-member, without delaying others', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await ana.opensGroup();
    const answers = await Promise.all([
      zoe.statusOf('PUT', `/rooms/${room.id}/users/me/read`, { seq: 1 }),
      ana.statusOf('PUT', `/rooms/${room.id}/users/me/read`, { seq: 1 }),
    ]);
    expect(answers).toEqual(['404 room_not_found', '200']);
  });

  it('is answered exactly, however many devices and rooms mark at once', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const rooms = [await ana.opensGroup(bob, cid), await ana.opensGroup(bob, cid), await ana.opensGroup(bob, cid)];
    for (const room of rooms) for (let sent = 0; sent < 6; sent++) await ana.sends(room, `m${sent}`);
    const marks = rooms.flatMap((room) => [bob, cid].flatMap((person) => [1, 5, 3, 7, 2].map((seq) => ({ room, person, seq }))));
    const answers = await Promise.all(marks.map(({ room, person, seq }) => reads(person, room, seq)));
    for (const [index, { seq }] of marks.entries()) {
      expect(answers[index].lastReadSeq).toBeGreaterThanOrEqual(seq);
      expect(answers[index].unreadCount).toBe(7 - answers[index].lastReadSeq);
    }
  });

  it('waits only for a transaction that has locked the member itself', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob, cid);
    await ana.sends(room, 'hello');
    const holder = await world.database();
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM room_users WHERE room_id = $1 AND user_id = $2 FOR UPDATE`, [room.id, bob.id]);
    const held = Promise.all([reads(bob, room, 2), reads(bob, room, 1)]);
    expect(await reads(cid, room, 2)).toMatchObject({ lastReadSeq: 2, unreadCount: 0 });
    expect(await reads(ana, room, 2)).toMatchObject({ lastReadSeq: 2, unreadCount: 0 });
    await holder.query('COMMIT');
    await holder.end();
    expect((await held)[0].lastReadSeq).toBe(2);
    expect((await bob.gets(`/rooms/${room.id}`)).membership.lastReadSeq).toBe(2);
  });

  it('needs no room head: a room whose head is locked can be marked', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await ana.sends(room, 'hello');
    const holder = await world.database();
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM room_heads WHERE room_id = $1 FOR NO KEY UPDATE`, [room.id]);
    expect(await reads(bob, room, 2)).toMatchObject({ lastReadSeq: 2, unreadCount: 0 });
    await bob.patches(`/rooms/${room.id}/users/me`, { muted: true });
    await holder.query('COMMIT');
    await holder.end();
  });
});

describe('the unread count', () => {
  it(
    'equals a count of the messages after any sends, deletions, reads, leaves and joins',
    async () => {
      const people = Object.values(await world.people('ana', 'bob', 'cid'));
      const [owner] = people as [Person, ...Person[]];
      const room = await owner.posts('/rooms', { type: 'group', name: 'open', isPublic: true });
      const joined = new Set([owner]);
      const payload: { id: string; by: Person }[] = [];
      const step = fc.record({
        who: fc.nat(2),
        what: fc.constantFrom('send', 'send', 'send', 'delete', 'read', 'read', 'go'),
        at: fc.nat(1_000),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          for (const { who, what, at } of steps) {
            const person = people[who]!;
            const alive = payload.filter(({ by }) => by === person);
            if (what === 'go' && person !== owner) {
              await person.posts(`/rooms/${room.id}/${joined.has(person) ? 'leave' : 'join'}`);
              if (!joined.delete(person)) joined.add(person);
            } else if (!joined.has(person)) continue;
            else if (what === 'send') payload.push({ id: (await person.sends(room, `${at}`)).id, by: person });
            else if (what === 'read') await reads(person, room, at % 60);
            else if (what === 'delete' && alive.length > 0) {
              const [gone] = payload.splice(payload.indexOf(alive[at % alive.length]!), 1);
              await person.deletes(`/rooms/${room.id}/messages/${gone!.id}`);
            }
            for (const member of joined) {
              const { membership } = await member.gets(`/rooms/${room.id}`);
              expect(membership.unreadCount).toBe(await counted(room, member));
            }
          }
        }),
        property(5, 60_000),
      );
      expect(await world.app.app.get(UnreadRepair).repairUnread()).toMatchObject({ wrong: 0, repaired: 0, examples: [] });
    },
    limitOf(60_000),
  );

  it('is repaired where data was written around the server', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    for (const text of ['one', 'two']) await ana.sends(room, text);
    await bob.sends(room, 'mine');
    await db.query(`UPDATE room_users SET last_read_seq = 1, last_read_n = 2 WHERE room_id = $1 AND user_id = $2`, [room.id, bob.id]);
    const report = await world.app.app.get(UnreadRepair).repairUnread();
    expect(report).toMatchObject({
      wrong: 1,
      repaired: 1,
      examples: [{ roomId: room.id, userId: bob.id, storedSeq: 1, storedN: 2, seq: 4, n: 3 }],
    });
    expect(await world.app.app.get(UnreadRepair).repairUnread()).toMatchObject({ wrong: 0 });
    expect((await bob.gets(`/rooms/${room.id}`)).membership.unreadCount).toBe(0);
  });
});
