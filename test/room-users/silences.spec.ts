import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { ImportRunner } from '../../src/manage/transfer/import-runner.js';
import { readLines } from '../../src/manage/transfer/reading.js';
import type { Json } from '../support/test-socket.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

// A silence belongs to a user in a room, not to one membership: it is kept after leaving, removal and a ban, and holds again on rejoin.

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

const soon = (seconds = 3_600): string => new Date(Date.now() + seconds * 1_000).toISOString();
const at = (room: Json, person?: Person): string => `/rooms/${room.id}/users${person ? `/${person.id}` : ''}`;
const speaks = (person: Person, room: Json): Promise<string> => person.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'hm' });
const waiting = async (person: Person): Promise<number> =>
  (await db.query(`SELECT 1 FROM room_silences WHERE user_id = $1`, [person.id])).rows.length;

/** A public group of ana's with the admin bob, the plain member cid, and dan, who is silenced until `until`. */
async function fixture(more: object = {}): Promise<{ ana: Person; bob: Person; cid: Person; dan: Person; room: Json; until: string }> {
  const people = await world.people('ana', 'bob', 'cid', 'dan');
  const { ana, bob, cid, dan } = people;
  await ana.befriends(bob, cid, dan);
  await cid.befriends(dan);
  const room = await ana.posts('/rooms', { type: 'group', name: 'open', isPublic: true, userIds: [bob.id, cid.id, dan.id], ...more });
  await ana.patches(at(room, bob), { role: 'admin' });
  const time = soon();
  await bob.patches(at(room, dan), { silencedUntil: time });
  return { ...people, room, until: time };
}

type Fixture = Awaited<ReturnType<typeof fixture>>;

const WAYS_OUT: Record<string, (fixture: Fixture) => Promise<unknown>> = {
  leaving: ({ dan, room }) => dan.posts(`/rooms/${room.id}/leave`),
  'a removal': ({ bob, dan, room }) => bob.deletes(at(room, dan)),
  'a lifted ban': async ({ bob, dan, room }) => {
    await bob.puts(`/rooms/${room.id}/bans/${dan.id}`, {});
    await bob.deletes(`/rooms/${room.id}/bans/${dan.id}`);
  },
};

const WAYS_BACK: Record<string, (fixture: Fixture) => Promise<unknown>> = {
  joining: ({ dan, room }) => dan.posts(`/rooms/${room.id}/join`),
  'using an invite': async ({ cid, dan, room }) => dan.posts(`/invites/${(await cid.posts(`/rooms/${room.id}/invites`)).code}/join`),
  'being added by a plain member': ({ cid, dan, room }) => cid.posts(at(room), { userIds: [dan.id] }),
  'being added as an admin by the owner': ({ ana, dan, room }) => ana.posts(at(room), { userId: dan.id, role: 'admin' }),
};

const WAYS = Object.keys(WAYS_OUT).flatMap((out) => Object.keys(WAYS_BACK).map((back) => [out, back] as const));

describe('a silence in force', () => {
  it.each(WAYS)('is kept after %s, and holds again after %s', async (out, back) => {
    const s = await fixture();
    const { ana, bob, dan, room, until: time } = s;
    await WAYS_OUT[out]!(s);
    const socket = await bob.connects();
    await WAYS_BACK[back]!(s);
    const refusal = await dan.call('POST', `/rooms/${room.id}/messages`, { text: 'hm' });
    expect(refusal).toMatchObject({ status: 403, body: { code: 'forbidden', reason: 'silenced' } });
    expect(Math.abs(refusal.body.retryAfter - (Date.parse(time) - Date.now()) / 1_000)).toBeLessThan(10);
    expect((await dan.gets(`/rooms/${room.id}`)).membership).toMatchObject({ silencedUntil: time, unreadCount: 0 });
    expect(await ana.gets(at(room, dan))).toMatchObject({ silencedUntil: time });
    const { roomUsers } = await socket.receives('room-user:added', ({ roomId }) => roomId === room.id);
    expect(roomUsers).toMatchObject([{ userId: dan.id, silencedUntil: time }]);
    expect(await waiting(dan)).toBe(0);
    // There is no second audit entry.
    const { items } = await ana.gets(`/rooms/${room.id}/audit`);
    expect(items.filter(({ action }: Json) => action === 'user_silenced')).toHaveLength(1);
    socket.close();
  });

  it('is kept any number of times, until it is lifted', async () => {
    const { bob, dan, room } = await fixture();
    for (let time = 0; time < 3; time++) {
      await dan.posts(`/rooms/${room.id}/leave`);
      await dan.posts(`/rooms/${room.id}/join`);
      expect(await speaks(dan, room)).toBe('403 silenced');
    }
    expect(await bob.patches(at(room, dan), { silencedUntil: null })).toMatchObject({ silencedUntil: null });
    await dan.posts(`/rooms/${room.id}/leave`);
    expect(await waiting(dan)).toBe(0);
    await dan.posts(`/rooms/${room.id}/join`);
    expect(await speaks(dan, room)).toBe('201');
  });

  it('expires while it is kept', async () => {
    const { bob, dan, room } = await fixture();
    await dan.posts(`/rooms/${room.id}/leave`);
    await db.query(`UPDATE room_silences SET until = now() - interval '1 second' WHERE user_id = $1`, [dan.id]);
    // An expired one needs no lifting.
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: null })).toBe('404 room_user_not_found');
    await dan.posts(`/rooms/${room.id}/join`);
    expect((await dan.gets(`/rooms/${room.id}`)).membership.silencedUntil).toBeNull();
    expect(await speaks(dan, room)).toBe('201');
    expect(await waiting(dan)).toBe(0);
  });

  it('is not kept if it had expired before', async () => {
    const { dan, room } = await fixture();
    await db.query(`UPDATE room_users SET silenced_until = now() - interval '1 second' WHERE user_id = $1`, [dan.id]);
    await dan.posts(`/rooms/${room.id}/leave`);
    expect(await waiting(dan)).toBe(0);
  });

  it('belongs to one room and one user', async () => {
    const { ana, cid, dan, room } = await fixture();
    const other = await ana.posts('/rooms', { type: 'group', isPublic: true, userIds: [] });
    for (const person of [cid, dan]) await person.posts(`/rooms/${room.id}/leave`);
    await ana.posts(at(room), { userIds: [cid.id, dan.id] });
    await dan.posts(`/rooms/${other.id}/join`);
    expect([await speaks(cid, room), await speaks(dan, room), await speaks(dan, other)]).toEqual(['201', '403 silenced', '201']);
  });

  it('is kept for readers of a channel, who are not logged', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const news = await ana.opens('channel', 'news', bob);
    const time = soon();
    await ana.patches(at(news, bob), { silencedUntil: time });
    const { rev, lastSeq } = await ana.gets(`/rooms/${news.id}`);
    await bob.posts(`/rooms/${news.id}/leave`);
    await ana.posts(at(news), { userId: bob.id });
    expect(await ana.gets(`/rooms/${news.id}`)).toMatchObject({ rev, lastSeq });
    expect(await bob.gets(at(news, bob))).toMatchObject({ silencedUntil: time });
  });

  it('of an admin holds again for the member that they are after a rejoin', async () => {
    const { ana, bob, room } = await fixture();
    await ana.patches(at(room, bob), { silencedUntil: soon() });
    await bob.posts(`/rooms/${room.id}/leave`);
    await bob.posts(`/rooms/${room.id}/join`);
    expect((await bob.gets(`/rooms/${room.id}`)).membership.role).toBe('member');
    expect(await speaks(bob, room)).toBe('403 silenced');
  });
});

describe('of a former member', () => {
  it('the kept silence can be lifted', async () => {
    const { ana, bob, dan, room } = await fixture();
    await dan.posts(`/rooms/${room.id}/leave`);
    const { rev } = await ana.gets(`/rooms/${room.id}`);
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: null })).toBe('204');
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: null })).toBe('404 room_user_not_found');
    expect((await ana.gets(`/rooms/${room.id}`)).rev).toBe(rev);
    const { items } = await ana.gets(`/rooms/${room.id}/audit`);
    expect(items[0]).toMatchObject({ action: 'silence_lifted', user: { id: bob.id }, targetUser: { id: dan.id }, detail: {} });
    await dan.posts(`/rooms/${room.id}/join`);
    expect(await speaks(dan, room)).toBe('201');
  });

  it('the kept silence can get another end', async () => {
    const { ana, bob, dan, room, until: time } = await fixture();
    await dan.posts(`/rooms/${room.id}/leave`);
    const later = soon(7_200);
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: '2020-01-01T00:00:00Z' })).toBe('422 time_is_past');
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: time })).toBe('204');
    expect(await bob.statusOf('PATCH', at(room, dan), { silencedUntil: later })).toBe('204');
    const { items } = await ana.gets(`/rooms/${room.id}/audit`);
    const acts = items.filter(({ action }: Json) => action === 'user_silenced').map(({ detail }: Json) => detail.until);
    expect(acts).toEqual([later, time]);
    await dan.posts(`/rooms/${room.id}/join`);
    expect((await dan.gets(`/rooms/${room.id}`)).membership.silencedUntil).toBe(later);
  });

  it('only a member who may silence learns of it, and nothing else can be changed', async () => {
    const { ana, bob, cid, dan, room } = await fixture();
    const { eve, zoe } = await world.people('eve', 'zoe');
    await ana.befriends(eve);
    await ana.posts(at(room), { userId: eve.id, permissions: ['can_remove_users'] });
    await dan.posts(`/rooms/${room.id}/leave`);
    for (const person of [dan, zoe]) expect(await person.statusOf('PATCH', at(room, dan), { silencedUntil: null })).toBe('403 not_member');
    // The same answer as for a user who never was a member.
    for (const person of [dan, zoe]) expect(await cid.statusOf('PATCH', at(room, person), { silencedUntil: null })).toBe('403 role_preset');
    expect(await eve.statusOf('PATCH', at(room, dan), { silencedUntil: null })).toBe('403 rank');
    expect(await bob.statusOf('PATCH', at(room, zoe), { silencedUntil: soon() })).toBe('404 room_user_not_found');
    for (const body of [{}, { role: 'admin' }, { permissions: [] }, { role: 'admin', silencedUntil: null }]) {
      expect(await ana.statusOf('PATCH', at(room, dan), body)).toBe('404 room_user_not_found');
    }
    expect(await ana.statusOf('GET', at(room, dan))).toBe('404 room_user_not_found');
    expect(await waiting(dan)).toBe(1);
  });

  it('an import of the membership does not end the silence', async () => {
    const { ana, dan, room, until: time } = await fixture();
    await dan.posts(`/rooms/${room.id}/leave`);
    const member = { record: 'room-user', roomId: room.id, userId: dan.id, joinedAt: '2020-05-01T10:00:00.000Z', silencedUntil: soon(60) };
    const lines = [{ record: 'header', format: 'parley', version: 1 }, member].map((record) => `${JSON.stringify(record)}\n`);
    await new ImportRunner(world.app.app).importLines(readLines(Readable.from([Buffer.from(lines.join(''))])));
    expect(await ana.gets(at(room, dan))).toMatchObject({ silencedUntil: time });
    expect(await waiting(dan)).toBe(0);
  });

  it('nothing is kept after the account is deleted', async () => {
    const { bob, cid, dan, room } = await fixture();
    await bob.patches(at(room, cid), { silencedUntil: soon() });
    await dan.posts(`/rooms/${room.id}/leave`);
    // One has left before, the other leaves by the deletion.
    for (const person of [cid, dan]) await person.deletes('/users/me');
    await until('both have left', async () => (await bob.gets(`/rooms/${room.id}`)).memberCount === 2);
    await until('nothing is kept', async () => (await waiting(cid)) + (await waiting(dan)) === 0);
  });
});

describe('permissions that were taken', () => {
  it('are not kept: a rejoining user has the preset of a member', async () => {
    const { ana, cid, room } = await fixture();
    const { permissions } = await ana.gets(at(room, cid));
    await ana.patches(at(room, cid), { permissions: [] });
    expect(await speaks(cid, room)).toBe('403 not_granted');
    await cid.posts(`/rooms/${room.id}/leave`);
    await cid.posts(`/rooms/${room.id}/join`);
    expect((await cid.gets(at(room, cid))).permissions).toEqual(permissions);
    expect(await speaks(cid, room)).toBe('201');
  });
});
