import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type Person, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.shared();
  db = await world.database();
});

afterAll(() => world?.stop());

type Room = { id: string };
const soon = (): string => new Date(Date.now() + 60_000).toISOString();
const members = (room: Room, person?: Person): string => `/rooms/${room.id}/users${person ? `/${person.id}` : ''}`;
const makesAdmin = (owner: Person, room: Room, person: Person, permissions?: string[]) =>
  owner.patches(members(room, person), { role: 'admin', ...(permissions && { permissions }) });

describe('adding members', () => {
  it('adds one user, or several, and announces them', async () => {
    const { ana, bob, cid, dan } = await world.people('ana', 'bob', 'cid', 'dan');
    await ana.befriends(bob, cid, dan);
    const room = await ana.opensGroup();
    const one = await ana.call('POST', members(room), { userId: bob.id });
    expect(one.status).toBe(201);
    expect(one.body).toMatchObject({ userId: bob.id, user: { id: bob.id }, role: 'member', createdBy: ana.id, silencedUntil: null });
    const { items } = await ana.posts(members(room), { userIds: [dan.id, cid.id, dan.id] });
    expect(items.map((member: { userId: string }) => member.userId)).toEqual([dan.id, cid.id]);
    const after = await ana.gets(`/rooms/${room.id}`);
    expect(after).toMatchObject({ memberCount: 4, rev: room.rev + 3, lastSeq: room.lastSeq + 2 });
    expect(after.lastMessage.system).toEqual({ event: 'user_added', userIds: [dan.id, cid.id] });
  });

  it('is all or none', async () => {
    const { ana, bob, cid, zoe } = await world.people('ana', 'bob', 'cid', 'zoe');
    const room = await ana.opensGroup(bob);
    await ana.befriends(cid);
    for (const [other, answer] of [
      [bob.id, '409 already_member'],
      [zoe.id, '403 privacy'],
      [randomUUID(), '404 user_not_found'],
    ]) {
      expect(await ana.statusOf('POST', members(room), { userIds: [cid.id, other] })).toBe(answer);
    }
    expect((await ana.gets(`/rooms/${room.id}`)).memberCount).toBe(2);
  });

  it.each([
    ['no user', {}],
    ['both forms', { userId: randomUUID(), userIds: [randomUUID()] }],
    ['an empty list', { userIds: [] }],
    ['more than a hundred', { userIds: Array.from({ length: 101 }, () => randomUUID()) }],
    ['an unknown role', { userId: randomUUID(), role: 'king' }],
    ['an unknown permission', { userId: randomUUID(), permissions: ['can_fly'] }],
    ['a permission twice', { userId: randomUUID(), permissions: ['can_add_users', 'can_add_users'] }],
    ['null for a role', { userId: randomUUID(), role: null }],
    ['what only the server sets', { userId: randomUUID(), joinedAt: soon() }],
  ])('rejects %s', async (_, body) => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    expect(await ana.statusOf('POST', members(room), body)).toBe('400 validation_failed');
  });

  it('adds a user once, however many add them at the same moment', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob);
    await ana.befriends(cid);
    await bob.befriends(cid);
    const answers = await Promise.all([ana, bob, ana, bob].map((person) => person.statusOf('POST', members(room), { userId: cid.id })));
    expect(answers.sort()).toEqual(['201', '409 already_member', '409 already_member', '409 already_member']);
    expect((await ana.gets(`/rooms/${room.id}`)).memberCount).toBe(3);
  });

  it('needs the permission, and adds no banned user', async () => {
    const { ana, bob, cid, zoe } = await world.people('ana', 'bob', 'cid', 'zoe');
    const team = await ana.opensTeam(bob);
    expect(await bob.statusOf('POST', members(team), { userId: cid.id })).toBe('403 role_preset');
    expect(await zoe.statusOf('POST', members(team), { userId: cid.id })).toBe('404 room_not_found');
    await ana.puts(`/rooms/${team.id}/bans/${cid.id}`, {});
    expect(await ana.statusOf('POST', members(team), { userId: cid.id })).toBe('403 banned');
  });

  it('adds no deactivated user', async () => {
    const { ana, cid } = await world.people('ana', 'cid');
    const team = await ana.opensTeam();
    await db.query(`UPDATE users SET deactivated_at = now() WHERE id = $1`, [cid.id]);
    expect(await ana.statusOf('POST', members(team), { userId: cid.id })).toBe('404 user_not_found');
  });
});

describe('the permissions of a new member', () => {
  it('are the preset, and more only from a member who holds it and may manage roles', async () => {
    const { ana, bob, cid, dan, eva } = await world.people('ana', 'bob', 'cid', 'dan', 'eva');
    const news = await ana.opensChannel(bob);
    // A reader adds a reader, and nothing beyond.
    expect(await bob.posts(members(news), { userId: cid.id })).toMatchObject({ permissions: ['can_add_users', 'can_add_reactions'] });
    const write = ['can_add_reactions', 'can_create_messages'];
    expect(await bob.statusOf('POST', members(news), { userId: dan.id, permissions: write })).toBe('403 role_preset');
    expect(await bob.statusOf('POST', members(news), { userId: dan.id, role: 'admin' })).toBe('403 role_preset');
    await ana.patches(members(news, bob), { permissions: ['can_add_users', 'can_manage_roles', 'can_add_reactions'] });
    // May manage roles, but not write.
    expect(await bob.statusOf('POST', members(news), { userId: dan.id, permissions: write })).toBe('403 role_preset');
    expect(await bob.statusOf('POST', members(news), { userId: dan.id, role: 'admin' })).toBe('403 rank');
    expect(await bob.statusOf('POST', members(news), { userId: dan.id, role: 'owner' })).toBe('403 rank');
    expect(await bob.posts(members(news), { userId: dan.id, permissions: [] })).toMatchObject({ permissions: [] });
    // The owner lets a new member post news.
    expect(await ana.posts(members(news), { userId: eva.id, permissions: write })).toMatchObject({ role: 'member' });
    expect(await eva.statusOf('POST', `/rooms/${news.id}/messages`, { text: 'news' })).toBe('201');
    expect(await cid.statusOf('POST', `/rooms/${news.id}/messages`, { text: 'news' })).toBe('403 role_preset');
  });

  it('can be those of an admin at once, by the owner', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const team = await ana.opensTeam();
    const member = await ana.posts(members(team), { userId: bob.id, role: 'admin' });
    expect(member.role).toBe('admin');
    expect(member.permissions).toContain('can_add_users');
  });
});

describe('updating a member', () => {
  it('gives a role with its preset, which removes overrides', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const set = ['can_create_messages', 'can_ban_users'];
    expect((await ana.patches(members(room, bob), { permissions: set })).permissions).toEqual(set);
    const admin = await ana.patches(members(room, bob), { role: 'admin' });
    expect(admin.permissions).toHaveLength(13);
    const member = await ana.patches(members(room, bob), { role: 'member' });
    expect(member.permissions).not.toContain('can_ban_users');
    expect(member.permissions).toContain('can_add_users');
    const both = await ana.patches(members(room, bob), { role: 'admin', permissions: ['can_edit_room'] });
    expect(both).toMatchObject({ role: 'admin', permissions: ['can_edit_room'] });
  });

  it('is one step of the log, and none when nothing changes', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const rev = async () => (await ana.gets(`/rooms/${room.id}`)).rev;
    const before = await rev();
    await ana.patches(members(room, bob), { role: 'admin', silencedUntil: soon() });
    expect(await rev()).toBe(before + 1);
    await ana.patches(members(room, bob), { role: 'admin' });
    await ana.patches(members(room, bob), {});
    expect(await rev()).toBe(before + 1);
  });

  it.each([
    ['an admin', 'of a member', 'role', '403 role_preset'],
    ['an admin', 'of a member', 'silence', '200'],
    ['an admin', 'of an admin', 'silence', '403 rank'],
    ['an admin', 'of the owner', 'silence', '403 rank'],
    ['an admin', 'of themselves', 'silence', '403 rank'],
    ['a member', 'of a member', 'silence', '403 role_preset'],
    ['a manager', 'of a member', 'role', '403 rank'],
    ['a manager', 'of a member', 'a permission they hold', '200'],
    ['a manager', 'of a member', 'a permission they lack', '403 role_preset'],
    ['a manager', 'of an admin', 'a permission they hold', '403 rank'],
    ['the owner', 'of an admin', 'role', '200'],
    ['the owner', 'of a non-member', 'role', '404 room_user_not_found'],
  ])('%s changes %s: %s → %s', async (who, whom, what, answer) => {
    const { ana, bob, cid, dan, eve, zoe } = await world.people('ana', 'bob', 'cid', 'dan', 'eve', 'zoe');
    const room = await ana.opensGroup(bob, cid, dan, eve);
    const admin = bob;
    const manager = eve;
    await makesAdmin(ana, room, admin);
    await makesAdmin(ana, room, manager, ['can_remove_users', 'can_manage_roles', 'can_ban_users']);
    const actor = { 'an admin': admin, 'a member': cid, 'a manager': manager, 'the owner': ana }[who]!;
    const others: Record<string, Person> = {
      'of a member': dan,
      'of the owner': ana,
      'of themselves': actor,
      'of a non-member': zoe,
    };
    const target = others[whom] ?? (actor === admin ? manager : admin);
    const wish = {
      role: { role: 'admin' },
      silence: { silencedUntil: soon() },
      'a permission they hold': { permissions: ['can_ban_users'] },
      'a permission they lack': { permissions: ['can_ban_users', 'can_delete_room'] },
    }[what]!;
    expect(await actor.statusOf('PATCH', members(room, target), what === 'role' && target === admin ? { role: 'member' } : wish)).toBe(
      answer,
    );
  });

  it('needs no permission that the member holds already', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob, cid);
    await makesAdmin(ana, room, bob, ['can_manage_roles', 'can_create_messages']);
    await ana.patches(members(room, cid), { permissions: ['can_delete_messages', 'can_add_reactions'] });
    expect(await bob.statusOf('PATCH', members(room, cid), { permissions: ['can_delete_messages'] })).toBe('200');
    expect(await bob.statusOf('PATCH', members(room, cid), { permissions: ['can_create_messages', 'can_add_users'] })).toBe('200');
    expect(await bob.statusOf('PATCH', members(room, cid), { permissions: ['can_delete_messages'] })).toBe('403 not_granted');
  });

  it('silences until a future time, and lifts the silence', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const until = soon();
    expect(await ana.patches(members(room, bob), { silencedUntil: until })).toMatchObject({ silencedUntil: until });
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'hm' })).toBe('403 silenced');
    expect(await ana.patches(members(room, bob), { silencedUntil: null })).toMatchObject({ silencedUntil: null });
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'hm' })).toBe('201');
    expect(await ana.statusOf('PATCH', members(room, bob), { silencedUntil: '2020-01-01T00:00:00Z' })).toBe('422 time_is_past');
    for (const bad of ['tomorrow', '2026-02-31T00:00:00Z', 7, '2026-01-01']) {
      expect(await ana.statusOf('PATCH', members(room, bob), { silencedUntil: bad })).toBe('400 validation_failed');
    }
  });

  it('takes effect before the answer: no message by a permission that was taken', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    let taken = false;
    const afterwards: string[] = [];
    const sends = Array.from({ length: 40 }, async (_, at) => {
      const late = taken;
      const answer = await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: `m${at}` });
      if (late) afterwards.push(answer);
    });
    await ana.patches(members(room, bob), { permissions: [] }).then(() => (taken = true));
    afterwards.push(await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'after' }));
    await Promise.all(sends);
    expect(new Set(afterwards)).toEqual(new Set(['403 not_granted']));
  });
});

describe('removing and banning', () => {
  it('ends all access of a member of a lower rank', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob, cid);
    await makesAdmin(ana, room, bob);
    expect(await cid.statusOf('DELETE', members(room, bob))).toBe('403 role_preset');
    expect(await bob.statusOf('DELETE', members(room, ana))).toBe('403 rank');
    expect(await bob.statusOf('DELETE', members(room, bob))).toBe('403 rank');
    expect(await bob.statusOf('DELETE', members(room, cid))).toBe('204');
    expect(await bob.statusOf('DELETE', members(room, cid))).toBe('404 room_user_not_found');
    for (const path of ['', '/users', '/messages'])
      expect(await cid.statusOf('GET', `/rooms/${room.id}${path}`)).toBe('404 room_not_found');
    expect((await ana.gets(`/rooms/${room.id}`)).lastMessage.system).toEqual({ event: 'user_removed', userIds: [cid.id] });
    const { rows } = await db.query(`SELECT fence, member_count FROM room_heads WHERE room_id = $1`, [room.id]);
    expect(rows).toEqual([{ fence: 1, member_count: 2 }]);
  });

  it('bans until a time or until it is lifted, members and non-members', async () => {
    const { ana, bob, cid, dan } = await world.people('ana', 'bob', 'cid', 'dan');
    const room = await ana.opensGroup(bob, cid);
    const bans = `/rooms/${room.id}/bans`;
    await makesAdmin(ana, room, bob);
    expect(await cid.statusOf('PUT', `${bans}/${dan.id}`, {})).toBe('403 role_preset');
    expect(await bob.statusOf('PUT', `${bans}/${ana.id}`, {})).toBe('403 rank');
    expect(await bob.statusOf('PUT', `${bans}/${randomUUID()}`, {})).toBe('404 user_not_found');
    expect(await bob.statusOf('PUT', `${bans}/${cid.id}`, { until: '2020-01-01T00:00:00Z' })).toBe('422 time_is_past');
    const until = soon();
    expect(await bob.statusOf('PUT', `${bans}/${cid.id}`, { until, reason: 'rude' })).toBe('204');
    expect(await bob.statusOf('PUT', `${bans}/${dan.id}`, {})).toBe('204');
    expect(await cid.statusOf('GET', `/rooms/${room.id}`)).toBe('404 room_not_found');
    const { items } = await ana.gets(bans);
    expect(items).toHaveLength(2);
    expect(items.find((ban: { user: { id: string } }) => ban.user.id === cid.id)).toMatchObject({ until, reason: 'rude', by: bob.id });
    expect(items.find((ban: { user: { id: string } }) => ban.user.id === dan.id)).toMatchObject({ until: null, reason: null });
    const first = await ana.gets(`${bans}?limit=1`);
    expect((await ana.gets(`${bans}?limit=1&cursor=${first.nextCursor}`)).items).toHaveLength(1);
    expect(await ana.statusOf('DELETE', `${bans}/${dan.id}`)).toBe('204');
    expect(await ana.statusOf('DELETE', `${bans}/${dan.id}`)).toBe('404 ban_not_found');
    // An expired ban does not count.
    await db.query(`UPDATE room_bans SET until = now() - interval '1 second' WHERE user_id = $1`, [cid.id]);
    expect((await ana.gets(bans)).items).toEqual([]);
    expect(await ana.statusOf('POST', members(room), { userId: cid.id })).toBe('201');
  });

  it('is recorded in the audit log', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob, cid);
    await ana.patches(members(room, bob), { role: 'admin' });
    await ana.patches(members(room, bob), { permissions: ['can_edit_room'] });
    await ana.patches(members(room, bob), { silencedUntil: soon() });
    await ana.patches(members(room, bob), { silencedUntil: null });
    await ana.deletes(members(room, bob));
    await ana.puts(`/rooms/${room.id}/bans/${cid.id}`, { reason: 'a secret reason' });
    await ana.deletes(`/rooms/${room.id}/bans/${cid.id}`);
    const { rows } = await db.query(`SELECT action, actor_id, target_user_id, detail FROM room_audit WHERE room_id = $1 ORDER BY id`, [
      room.id,
    ]);
    const [about, of] = [
      { actor_id: ana.id, target_user_id: bob.id },
      { actor_id: ana.id, target_user_id: cid.id },
    ];
    expect(rows).toMatchObject([
      { action: 'role_changed', ...about, detail: { from: 'member', to: 'admin' } },
      { action: 'permissions_changed', ...about },
      { action: 'user_silenced', ...about },
      { action: 'silence_lifted', ...about },
      { action: 'user_removed', ...about },
      { action: 'user_banned', ...of },
      { action: 'ban_lifted', ...of },
    ]);
    expect(JSON.stringify(rows)).not.toContain('secret');
  });
});

describe('the readers of a channel', () => {
  it('join, change and leave unlogged; its staff does not', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const news = await ana.opensChannel();
    const head = async () => {
      const { rev, lastSeq, memberCount } = await ana.gets(`/rooms/${news.id}`);
      return [rev, lastSeq, memberCount];
    };
    const [rev, seq] = await head();
    await ana.posts(members(news), { userId: bob.id });
    await ana.patches(members(news, bob), { silencedUntil: soon() });
    expect(await head()).toEqual([rev, seq, 2]);
    await ana.deletes(members(news, bob));
    expect(await head()).toEqual([rev, seq, 1]);
    await ana.posts(members(news), { userId: cid.id, role: 'admin' });
    expect(await head()).toEqual([rev + 1, seq + 1, 2]);
    await ana.patches(members(news, cid), { role: 'member' });
    expect(await head()).toEqual([rev + 2, seq + 1, 2]);
    await cid.posts(`/rooms/${news.id}/leave`);
    expect(await head()).toEqual([rev + 2, seq + 1, 1]);
    // The loss of a reader raises the fence, too.
    const { rows } = await db.query(`SELECT fence FROM room_heads WHERE room_id = $1`, [news.id]);
    expect(rows).toEqual([{ fence: 2 }]);
  });

  it('read everything while they are members, and nothing afterwards', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const news = await ana.opensChannel(bob);
    await ana.sends(news, 'hello readers');
    expect((await bob.page(news)).items.at(-1).text).toBe('hello readers');
    await bob.posts(`/rooms/${news.id}/leave`);
    expect(await bob.statusOf('GET', `/rooms/${news.id}/messages`)).toBe('404 room_not_found');
  });
});

describe('listing members', () => {
  it('pages by user, finds by name and role, and returns the room head', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    const room = await ana.opensGroup(bob, cid);
    const all = await ana.gets(members(room));
    expect(all).toMatchObject({ seq: room.lastSeq, rev: room.rev, nextCursor: null });
    expect(all.items.map((member: { userId: string }) => member.userId)).toEqual([ana.id, bob.id, cid.id].sort());
    const first = await ana.gets(`${members(room)}?limit=2`);
    const rest = await ana.gets(`${members(room)}?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items]).toEqual(all.items);
    expect((await ana.gets(`${members(room)}?role=owner`)).items).toMatchObject([{ userId: ana.id }]);
    expect((await ana.gets(`${members(room)}?query=BOB`)).items).toMatchObject([{ userId: bob.id }]);
    expect((await ana.gets(`${members(room)}?query=${encodeURIComponent('%')}`)).items).toEqual([]);
    expect(await ana.statusOf('GET', `${members(room)}?cursor=WzFd`)).toBe('400 validation_failed');
  });

  it('shows a member only to members', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    const room = await ana.opensGroup(bob);
    expect(await bob.gets(members(room, ana))).toMatchObject({ userId: ana.id, role: 'owner' });
    expect(await bob.statusOf('GET', members(room, zoe))).toBe('404 room_user_not_found');
    expect(await zoe.statusOf('GET', members(room, ana))).toBe('404 room_not_found');
    expect(await bob.statusOf('GET', `/rooms/${room.id}/users/nobody`)).toBe('400 validation_failed');
  });

  it('shows the read mark of a member only if both share read receipts', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const { seq } = await ana.sends(room, 'hello');
    await bob.puts(`${members(room)}/me/read`, { seq });
    const read = async (viewer: Person, person: Person) => (await viewer.gets(members(room, person))).lastReadSeq;
    expect(await read(ana, bob)).toBe(seq);
    await db.query(`UPDATE users SET read_receipts = false WHERE id = $1`, [ana.id]);
    expect(await read(ana, bob)).toBeNull();
    expect(await read(bob, ana)).toBeNull();
    expect(await read(bob, bob)).toBe(seq);
  });
});

describe('your membership', () => {
  it('can be muted, pinned, archived and hold a draft, which no other user and no log sees', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const my = async () => (await bob.gets('/users/me')).my;
    const before = await my();
    const own = await bob.patches(`${members(room)}/me`, { muted: true, pinned: true, archived: true, draft: 'I was about to' });
    expect(own).toMatchObject({ userId: bob.id, muted: true, pinned: true, archived: true, draft: 'I was about to' });
    expect((await bob.gets(`/rooms/${room.id}`)).membership).toEqual(own);
    expect(Object.keys(await ana.gets(members(room, bob)))).not.toContain('draft');
    expect(await bob.patches(`${members(room)}/me`, { muted: false, draft: null })).toMatchObject({
      muted: false,
      pinned: true,
      draft: null,
    });
    await bob.patches(`${members(room)}/me`, { pinned: true });
    expect(await my()).toBe(before + 2);
    expect((await ana.gets(`/rooms/${room.id}`)).rev).toBe(room.rev);
  });

  it.each([
    { muted: 'yes' },
    { muted: null },
    { draft: 'x'.repeat(10_001) },
    { lastReadSeq: 5 },
    { role: 'owner' },
    { userId: randomUUID() },
  ])('rejects %j', async (body) => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    expect(await ana.statusOf('PATCH', `${members(room)}/me`, body)).toBe('400 validation_failed');
  });

  it('cannot be updated by a non-member', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await ana.opensGroup();
    expect(await zoe.statusOf('PATCH', `${members(room)}/me`, { muted: true })).toBe('404 room_not_found');
  });
});
