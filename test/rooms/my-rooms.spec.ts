import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { type Person, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

const names = async (person: Person, query = ''): Promise<string[]> =>
  (await person.gets(`/rooms${query}`)).items.map((room: { name: string | null; otherUser: { displayName: string } | null }) =>
    room.otherUser ? room.otherUser.displayName : room.name,
  );

/** Inserts rooms of two users, each with some messages. */
async function fills(person: Person, other: Person, rooms: number): Promise<void> {
  await db.query(
    `WITH made AS (
       INSERT INTO rooms (id, type, name, meta_tags, created_by)
       SELECT gen_random_uuid(), 'group', 'room ' || i, ARRAY['t' || i % 10], $1 FROM generate_series(1, $3::int) i RETURNING id, name
     ), heads AS (
       INSERT INTO room_heads (room_id, last_seq, last_n, member_count, last_at)
       SELECT id, 20, 20, 2, now() - make_interval(secs => substr(name, 6)::int) FROM made
     ), members AS (
       INSERT INTO room_users (room_id, user_id, role, last_read_seq, last_read_n)
       SELECT id, $1::uuid, 'member', 10, 10 FROM made UNION ALL SELECT id, $2::uuid, 'owner', 20, 20 FROM made
     ), sent AS (
       INSERT INTO messages (room_id, seq, id, n, type, text, user_id, created_at)
       SELECT id, seq, gen_random_uuid(), seq, 'text', 'message ' || seq, $2, now() FROM made, generate_series(1, 20) seq
     )
     SELECT 1`,
    [person.id, other.id, rooms],
  );
}

describe('the list of your rooms', () => {
  it('is ordered by the latest message, each room as its member sees it', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const group = await ana.opens('group', 'climbing', bob);
    const team = await ana.opens('team', 'work', bob);
    const secret = await ana.opensPrivate(cid);
    expect(await names(ana)).toEqual(['cid', 'work', 'climbing']);
    await bob.sends(group, `hello @${ana.username}`);
    const { items, nextCursor } = await ana.gets('/rooms');
    expect(nextCursor).toBeNull();
    expect(items.map((room: { id: string }) => room.id)).toEqual([group.id, secret.id, team.id]);
    expect(items[0]).toEqual(await ana.gets(`/rooms/${group.id}`));
    expect(items[0]).toMatchObject({ lastMessage: { text: `hello @${ana.username}` }, membership: { unreadCount: 1, mentionCount: 1 } });
    expect(items[1]).toMatchObject({ otherUser: { id: cid.id }, otherLastReadSeq: 0 });
    expect(await names(cid)).toEqual(['ana']);
  });

  it('finds by name, description, other member, tag and type', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    await ana.posts('/rooms', { type: 'group', name: 'Ölberg', description: 'on 100% rock', metaTags: ['out'] });
    await ana.posts('/rooms', { type: 'channel', name: 'news', metaTags: ['out', 'in'], userIds: [bob.id] });
    await ana.opensPrivate(cid);
    expect(await names(ana, `?query=${encodeURIComponent('ölb')}`)).toEqual(['Ölberg']);
    expect(await names(ana, `?query=${encodeURIComponent('100%')}`)).toEqual(['Ölberg']);
    expect(await names(ana, '?query=CID')).toEqual(['cid']);
    expect(await names(ana, '?query=ana')).toEqual([]);
    expect(await names(ana, '?tag=out')).toEqual(['news', 'Ölberg']);
    expect(await names(ana, '?tag=out&type=group')).toEqual(['Ölberg']);
    expect(await names(ana, '?type=private_messages')).toEqual(['cid']);
    expect(await names(bob)).toEqual(['news']);
  });

  it('shows no message from before a member joined under since_joined, and a tombstone as the last message', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const room = await ana.posts('/rooms', { type: 'group', name: 'late', historyVisibility: 'since_joined' });
    await ana.sends(room, 'secret');
    await db.query(`UPDATE room_users SET visible_from_seq = 1 WHERE room_id = $1`, [room.id]);
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    const [seen] = (await bob.gets('/rooms')).items;
    expect(seen).toMatchObject({ lastMessage: { type: 'system' }, membership: { visibleFromSeq: 3, unreadCount: 0 } });
    const last = await ana.sends(room, 'gone soon');
    await ana.deletes(`/rooms/${room.id}/messages/${last.id}`);
    const [after] = (await bob.gets('/rooms')).items;
    expect(after).toMatchObject({
      lastMessage: { id: last.id, text: null, deletedAt: expect.any(String) },
      membership: { unreadCount: 0 },
    });
  });

  it.each(['activity', 'id'])('pages completely by %s', async (order) => {
    const { ana, bob } = await world.people('ana', 'bob');
    await fills(ana, bob, 25);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor ? `&cursor=${cursor}` : '';
      const page = await ana.gets(`/rooms?limit=10&order=${order}${query}`);
      seen.push(...page.items.map((room: { id: string }) => room.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
    if (order === 'id') expect(seen).toEqual([...seen].sort());
  });

  it.each([
    ...['?order=name', '?type=party', '?limit=0', '?limit=1e9', '?cursor=x', '?unknown=1', `?tag=`],
    `?order=id&cursor=${Buffer.from('["2026-02-31T00:00:00.000Z","x"]').toString('base64url')}`,
    `?cursor=${Buffer.from('["2026-02-31T00:00:00.000Z","0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11"]').toString('base64url')}`,
  ])('rejects %s', async (query) => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('GET', `/rooms${query}`)).toBe('400 validation_failed');
  });

  it('takes the same few statements for any number of rooms', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    await fills(ana, cid, 3);
    await fills(bob, cid, 300);
    const source = world.app.app.get(DataSource);
    const open = source.createQueryRunner.bind(source);
    const once = async (person: Person): Promise<number> => {
      let count = 0;
      source.createQueryRunner = (mode) => {
        count++;
        return open(mode);
      };
      const { items } = await person.gets('/rooms?limit=100');
      source.createQueryRunner = open;
      expect(items).toHaveLength(person === ana ? 3 : 100);
      return count;
    };
    // Other work of the server can only add to them.
    const statements = async (person: Person): Promise<number> => Math.min(await once(person), await once(person), await once(person));
    const few = await statements(ana);
    expect(await statements(bob)).toBe(few);
    expect(few).toBeLessThanOrEqual(2);
  });
});
