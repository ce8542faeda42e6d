import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { ROOM_TABLES } from '../../src/room-access/room-purge.service.js';
import { until } from '../support/until.js';
import { World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

const OWNER_OF_EVERYTHING = 16;

describe('creating a room', () => {
  it.each(['group', 'channel', 'team'] as const)('creates a %s with its creator as the owner and the others as members', async (type) => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const fields = { name: 'Über uns 🦜', description: 'what we do', metaTags: ['x', 'y'], historyVisibility: 'since_joined' };
    const room = await ana.posts('/rooms', { type, ...fields, userIds: [bob.id.toUpperCase(), bob.id, ana.id] });
    expect(room).toMatchObject({ type, ...fields, active: true, isPublic: false, slowModeSeconds: 0, memberCount: 2, createdBy: ana.id });
    expect(room.membership).toMatchObject({ userId: ana.id, role: 'owner', createdBy: ana.id, unreadCount: 0, visibleFromSeq: 1 });
    expect(room.membership.permissions).toHaveLength(OWNER_OF_EVERYTHING);
    expect(room.lastMessage).toMatchObject({ seq: 1, type: 'system', text: 'ana made the room' });
    // Readers of a channel are not logged.
    expect(room.rev).toBe(type === 'channel' ? 1 : 2);
    expect(room.lastMessage.system.userIds).toEqual(type === 'channel' ? [] : [bob.id]);
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toMatchObject({ role: 'member', createdBy: ana.id, unreadCount: 0 });
  });

  it('adds all of the users or creates nothing', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    await ana.befriends(bob);
    const refused = await ana.call('POST', '/rooms', { type: 'group', userIds: [bob.id, zoe.id] });
    expect(refused.body).toMatchObject({ status: 403, reason: 'privacy', errors: [{ path: 'userIds.1' }] });
    expect(await ana.statusOf('POST', '/rooms', { type: 'group', userIds: [bob.id, randomUUID()] })).toBe('404 user_not_found');
    expect((await ana.gets('/rooms')).items).toEqual([]);
    expect((await bob.gets('/rooms')).items).toEqual([]);
  });

  it('adds any user to a team or channel, except after a block or with the privacy setting nobody', async () => {
    const { ana, bob, cid, dan } = await world.people('ana', 'bob', 'cid', 'dan');
    await cid.puts(`/users/me/blocks/${ana.id}`);
    await db.query(`UPDATE users SET group_invites = 'nobody' WHERE id = $1`, [dan.id]);
    for (const type of ['team', 'channel']) {
      const opens = (...userIds: string[]) => ana.statusOf('POST', '/rooms', { type, name: 'x', userIds });
      expect(await opens(bob.id)).toBe('201');
      expect(await opens(cid.id)).toBe('403 privacy');
      expect(await opens(dan.id)).toBe('403 privacy');
    }
  });

  it.each([
    ['no type', {}],
    ['an unknown type', { type: 'party' }],
    ['a channel without a name', { type: 'channel' }],
    ['a team with an empty name', { type: 'team', name: '' }],
    ['a blank name', { type: 'group', name: '  \n ' }],
    ['a name that is too long', { type: 'group', name: 'x'.repeat(101) }],
    ['a number for a name', { type: 'group', name: 7 }],
    ['an unknown field', { type: 'group', owner: 'me' }],
    ['what only the server sets', { type: 'group', createdBy: randomUUID() }],
    ['too many tags', { type: 'group', metaTags: Array.from({ length: 21 }, (_, tag) => `t${tag}`) }],
    ['a tag twice', { type: 'group', metaTags: ['a', 'a'] }],
    ['a tag that is a list', { type: 'group', metaTags: [['a']] }],
    ['too many users', { type: 'group', userIds: Array.from({ length: 101 }, () => randomUUID()) }],
    ['users that are no ids', { type: 'group', userIds: ['bob'] }],
    ['null where a value belongs', { type: 'group', isPublic: null }],
  ])('rejects %s', async (_, body) => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('POST', '/rooms', body)).toBe('400 validation_failed');
  });

  it('rejects text that cannot be stored', async () => {
    const ana = await world.person('ana');
    for (const name of ['a\0b', 'half \ud800'])
      expect(await ana.statusOf('POST', '/rooms', { type: 'group', name })).toBe('422 unstorable_text');
  });

  it('counts a name in characters, not in code units', async () => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('POST', '/rooms', { type: 'group', name: '🦜'.repeat(100) })).toBe('201');
  });
});

describe('updating a room', () => {
  it('changes the given fields, as one step of the change log, and announces it', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const fields = {
      name: 'new',
      description: 'd',
      isPublic: true,
      metaTags: ['a'],
      historyVisibility: 'since_joined',
      slowModeSeconds: 5,
    };
    const edited = await ana.patches(`/rooms/${room.id}`, fields);
    expect(edited).toMatchObject({ ...fields, rev: room.rev + 1, lastSeq: room.lastSeq + 1 });
    expect(edited.lastMessage.system).toEqual({ event: 'room_updated', userIds: [] });
    expect(await ana.patches(`/rooms/${room.id}`, { ...fields })).toMatchObject({ rev: edited.rev, updatedAt: edited.updatedAt });
    expect(await ana.patches(`/rooms/${room.id}`, { name: null, description: null, metaTags: [] })).toMatchObject({
      ...{ name: null, description: null, metaTags: [], isPublic: true, rev: edited.rev + 1 },
    });
  });

  it('needs the permission', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    const room = await ana.opensGroup(bob);
    expect(await bob.statusOf('PATCH', `/rooms/${room.id}`, { name: 'mine' })).toBe('403 role_preset');
    expect(await zoe.statusOf('PATCH', `/rooms/${room.id}`, { name: 'mine' })).toBe('404 room_not_found');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: ['can_edit_room'] });
    expect(await bob.statusOf('PATCH', `/rooms/${room.id}`, { name: 'ours' })).toBe('200');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin', permissions: ['can_create_messages'] });
    expect(await bob.statusOf('PATCH', `/rooms/${room.id}`, { name: 'mine' })).toBe('403 not_granted');
  });

  it.each([
    { type: 'party' },
    { teamId: null },
    { createdBy: randomUUID() },
    { lastSeq: 0 },
    { name: '' },
    { active: 'no' },
    { slowModeSeconds: -1 },
  ])('rejects %j', async (body) => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    expect(await ana.statusOf('PATCH', `/rooms/${room.id}`, body)).toBe('400 validation_failed');
  });

  it('keeps the name of a channel', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensChannel();
    expect(await ana.statusOf('PATCH', `/rooms/${room.id}`, { name: null })).toBe('422 name_required');
  });

  it('archives it: no member can send until it is active again', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await ana.patches(`/rooms/${room.id}`, { active: false });
    for (const person of [ana, bob])
      expect(await person.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'no' })).toBe('403 room_inactive');
    await ana.patches(`/rooms/${room.id}`, { active: true });
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'yes' })).toBe('201');
    const { rows } = await db.query(`SELECT action FROM room_audit WHERE room_id = $1 ORDER BY id`, [room.id]);
    expect(rows.map(({ action }) => action)).toEqual(['room_archived', 'room_unarchived']);
  });

  it('accepts an avatar only if it is your own complete image that is not marked', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const image = (owner: string, more: object = {}) => insertMedia({ owner_id: owner, kind: 'image', status: 'ready', ...more });
    for (const unusable of [
      await image(bob.id),
      await image(ana.id, { kind: 'video' }),
      await image(ana.id, { status: 'pending' }),
      await image(ana.id, { doomed_at: new Date() }),
      randomUUID(),
    ]) {
      expect(await ana.statusOf('PATCH', `/rooms/${room.id}`, { avatarMediaId: unusable })).toBe('422 media_not_usable');
      expect(await ana.statusOf('POST', '/rooms', { type: 'group', avatarMediaId: unusable })).toBe('422 media_not_usable');
    }
    const own = await image(ana.id);
    expect((await ana.patches(`/rooms/${room.id}`, { avatarMediaId: own })).avatarUrl).toBe(`/v1/media/${own}/content`);
    const { rows } = await db.query(`SELECT attached_at FROM media WHERE id = $1`, [own]);
    expect(rows[0].attached_at).not.toBeNull();
    expect((await ana.patches(`/rooms/${room.id}`, { avatarMediaId: null })).avatarUrl).toBeNull();
  });
});

async function insertMedia(fields: Record<string, unknown>): Promise<string> {
  const row = { id: randomUUID(), filename: 'a.png', content_type: 'image/png', size: 1, object_key: 'k', ...fields };
  const names = Object.keys(row);
  await db.query(`INSERT INTO media (${names.join()}) VALUES (${names.map((_, at) => `$${at + 1}`).join()})`, Object.values(row));
  return row.id;
}

describe('deleting a room', () => {
  it('takes it from all members at once, then deletes all of its rows', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    for (const text of ['one', 'two', 'three']) await bob.sends(room, text);
    await ana.puts(`/rooms/${room.id}/bans/${(await world.person('zoe')).id}`);
    expect(await bob.statusOf('DELETE', `/rooms/${room.id}`)).toBe('403 role_preset');
    expect(await ana.statusOf('DELETE', `/rooms/${room.id}`)).toBe('204');
    for (const person of [ana, bob]) {
      expect(await person.statusOf('GET', `/rooms/${room.id}`)).toBe('404 room_not_found');
      expect(await person.statusOf('GET', `/rooms/${room.id}/messages`)).toBe('404 room_not_found');
      expect(await person.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'late' })).toBe('404 room_not_found');
      expect((await person.gets('/rooms')).items).toEqual([]);
    }
    await until('the room is purged', async () => (await left(room.id)).length === 0, 20_000);
  });

  it('leaves nothing in the search index, even while it is being indexed', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const holder = await world.database();
    await holder.query('BEGIN');
    const { seq, createdAt } = await bob.sends(room, 'a word to find');
    // The indexer inserts the same key and waits, with all that it has read.
    await holder.query(`INSERT INTO message_search (room_id, seq, user_id, sent_at) VALUES ($1, $2, $3, $4)`, [
      room.id,
      seq,
      bob.id,
      createdAt,
    ]);
    await until('the indexer waits', () => waits('INSERT INTO message_search'));
    await ana.deletes(`/rooms/${room.id}`);
    await until('the purge waits', () => waits('DELETE FROM search_marks'));
    await holder.query('ROLLBACK');
    await holder.end();
    await until('the room is purged', async () => (await left(room.id)).length === 0, 20_000);
    await until('the indexer is done', async () => !(await waits('INSERT INTO message_search')));
    expect(await left(room.id)).toEqual([]);
  });

  it('covers every table with a room_id', async () => {
    const { rows } = await db.query(
      `SELECT table_name FROM information_schema.columns WHERE column_name = 'room_id' AND table_schema = current_schema()`,
    );
    expect(rows.map((row) => row.table_name).sort()).toEqual([...Object.keys(ROOM_TABLES), 'room_heads'].sort());
  });

  it('keeps the row of a team with private rooms, without a name, until the last of them is deleted', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const team = await ana.opensTeam(bob);
    const inside = await ana.posts('/rooms', { type: 'private_messages', userIds: [bob.id], teamId: team.id });
    await ana.deletes(`/rooms/${team.id}`);
    await until('the team is blank', async () => (await left(team.id)).join() === 'rooms', 20_000);
    expect((await db.query(`SELECT name FROM rooms WHERE id = $1`, [team.id])).rows).toEqual([{ name: null }]);
    expect(await bob.gets(`/rooms/${inside.id}`)).toMatchObject({ teamId: team.id });
    await bob.deletes(`/rooms/${inside.id}`);
    await until('both are gone', async () => (await left(team.id)).length + (await left(inside.id)).length === 0, 20_000);
  });
});

/** Returns whether a statement that begins so waits for a lock. */
async function waits(begin: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
    [`${begin}%`],
  );
  return rowCount !== 0;
}

/** Returns the tables that still have rows of the room. */
async function left(roomId: string): Promise<string[]> {
  const tables = [...Object.keys(ROOM_TABLES), 'room_heads'];
  const counts = tables.map((table) => `SELECT '${table}' AS name FROM ${table} WHERE room_id = $1`);
  const { rows } = await db.query(`${counts.join(' UNION ')} UNION SELECT 'rooms' FROM rooms WHERE id = $1`, [roomId]);
  return rows.map((row) => row.name);
}

describe('explaining permissions', () => {
  it('shows your own, and to admins those of other members', async () => {
    const { ana, bob, cid, zoe } = await world.people('ana', 'bob', 'cid', 'zoe');
    const room = await ana.opensGroup(bob, cid);
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: ['can_add_reactions', 'can_edit_room', 'can_create_messages'] });
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { silencedUntil: new Date(Date.now() + 60_000).toISOString() });
    const rules = (answer: { permissions: { permission: string; allowed: boolean; rule: string }[] }) =>
      Object.fromEntries(answer.permissions.map(({ permission, allowed, rule }) => [permission, `${allowed} ${rule}`]));
    const his = await bob.gets(`/rooms/${room.id}/permissions`);
    expect(his).toMatchObject({ userId: bob.id, role: 'member' });
    expect(rules(his)).toMatchObject({
      can_add_reactions: 'true role_preset',
      can_edit_room: 'true granted',
      can_add_users: 'false not_granted',
      can_ban_users: 'false role_preset',
      can_create_messages: 'false silenced',
    });
    expect(await ana.gets(`/rooms/${room.id}/permissions?userId=${bob.id}`)).toEqual(his);
    expect(await bob.statusOf('GET', `/rooms/${room.id}/permissions?userId=${cid.id}`)).toBe('403 role_preset');
    expect(await ana.statusOf('GET', `/rooms/${room.id}/permissions?userId=${zoe.id}`)).toBe('404 room_user_not_found');
    expect(await zoe.statusOf('GET', `/rooms/${room.id}/permissions`)).toBe('404 room_not_found');
  });
});
