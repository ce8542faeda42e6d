import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { until } from '../support/until.js';
import { call, type Person, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

const admin = async (name = 'root'): Promise<Person> => {
  const person = await world.person(name);
  await person.becomesPlatformAdmin();
  return person;
};
const login = ({ username, password }: Person) => call(world.url, 'POST', '/auth/login', { body: { username, password } });
const jobsDone = () =>
  until('the jobs done', async () => (await db.query('SELECT 1 FROM jobs WHERE kind = $1', ['account:remove'])).rowCount === 0);
const roles = async (by: Person, roomId: string): Promise<Record<string, string>> => {
  const { items } = await by.gets(`/rooms/${roomId}/users`);
  return Object.fromEntries(items.map((member: { userId: string; role: string }) => [member.userId, member.role]));
};
/** Inserts a media row, as an upload does. */
const image = async (owner: Person, more: Record<string, unknown> = {}): Promise<string> => {
  const row = { id: randomUUID(), owner_id: owner.id, kind: 'image', status: 'ready', doomed_at: null, ...more };
  await db.query(
    `INSERT INTO media (id, owner_id, kind, status, doomed_at, filename, content_type, size, object_key)
     VALUES ($1, $2, $3, $4, $5, 'me.png', 'image/png', 1, $6)`,
    [row.id, row.owner_id, row.kind, row.status, row.doomed_at, `media/${row.id}`],
  );
  return row.id;
};

describe('updating your own account', () => {
  it('answers the new state, and sends it to your sockets and your private peers', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    await ana.opensPrivate(bob);
    const [mine, bobs, zoes] = [await ana.connects(), await bob.connects(), await zoe.connects()];
    const before = await ana.gets('/users/me');
    const me = await ana.patches('/users/me', { displayName: 'Ana 🦜', privacy: { presence: 'nobody' } });
    expect(me).toEqual({ ...before, displayName: 'Ana 🦜', privacy: { ...before.privacy, presence: 'nobody' }, my: before.my + 1 });
    expect(await ana.gets('/users/me')).toEqual(me);
    expect(await mine.receives('me:updated')).toEqual({ me, my: me.my });
    expect(await bobs.receives('user:updated', ({ user }) => user.id === ana.id)).toMatchObject({ user: { displayName: 'Ana 🦜' } });
    expect(zoes.all('user:updated')).toEqual([]);
  });

  it('keeps fields that are left out, and clears by null', async () => {
    const ana = await world.person('ana');
    await ana.patches('/users/me', { privacy: { readReceipts: false } });
    const me = await ana.patches('/users/me', { displayName: null });
    expect(me.displayName).toBeNull();
    expect(me.privacy.readReceipts).toBe(false);
    expect(await ana.patches('/users/me', {})).toEqual(me);
    expect((await ana.patches('/users/me', { privacy: {} })).my).toBe(me.my);
  });

  it('accepts your own ready image as a picture', async () => {
    const ana = await world.person('ana');
    const mediaId = await image(ana);
    const me = await ana.patches('/users/me', { avatarMediaId: mediaId.toUpperCase() });
    expect(me.avatarUrl).toBe(`/v1/media/${mediaId}/content`);
    expect((await db.query('SELECT attached_at FROM media WHERE id = $1', [mediaId])).rows[0].attached_at).toBeInstanceOf(Date);
    expect((await ana.patches('/users/me', { avatarMediaId: null })).avatarUrl).toBeNull();
  });

  it('refuses any other picture, and changes nothing then', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const wrong = [
      randomUUID(),
      await image(bob),
      await image(ana, { kind: 'file' }),
      await image(ana, { status: 'pending' }),
      await image(ana, { doomed_at: new Date() }),
    ];
    const before = await ana.gets('/users/me');
    for (const avatarMediaId of wrong) {
      expect(await ana.statusOf('PATCH', '/users/me', { avatarMediaId, displayName: 'changed' })).toBe('422 media_not_usable');
    }
    expect(await ana.gets('/users/me')).toEqual(before);
  });

  it.each([
    ['an empty name', { displayName: '' }],
    ['a name that is too long', { displayName: 'x'.repeat(65) }],
    ['no privacy', { privacy: null }],
    ['an unknown privacy value', { privacy: { presence: 'shared_rooms' } }],
    ['a privacy of null', { privacy: { presence: null } }],
    ['receipts that are no boolean', { privacy: { readReceipts: 'true' } }],
    ['an unknown privacy setting', { privacy: { everything: 'everyone' } }],
    ['a picture that is no id', { avatarMediaId: 'me.png' }],
    ['another username', { username: 'root' }],
    ['admin rights', { admin: true }],
    ['a deactivation time', { deactivatedAt: null }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('PATCH', '/users/me', body)).toBe('400 validation_failed');
  });

  it('numbers concurrent changes', async () => {
    const ana = await world.person('ana');
    const before = await ana.gets('/users/me');
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => ana.patches('/users/me', { displayName: `Ana ${i}` })));
    expect(answers.map(({ my }) => my - before.my).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('deactivating', () => {
  it('needs a platform admin', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    for (const [method, path] of [
      ['POST', `/users/${bob.id}/deactivate`],
      ['POST', `/users/${bob.id}/activate`],
      ['DELETE', `/users/${bob.id}`],
      ['POST', `/users/${randomUUID()}/deactivate`],
    ] as const) {
      expect(await ana.statusOf(method, path)).toBe('403 not_admin');
    }
    const root = await admin();
    expect(await root.statusOf('POST', `/users/${randomUUID()}/deactivate`)).toBe('404 user_not_found');
    expect(await root.statusOf('POST', `/users/${root.id}/deactivate`)).toBe('422 not_oneself');
    expect(await root.statusOf('POST', `/users/${bob.id}/deactivate`, { forever: true })).toBe('200');
  });

  it('ends sessions and sockets at once, and can be undone', async () => {
    const [root, { bob, eve }] = [await admin(), await world.people('bob', 'eve')];
    const room = await bob.opensGroup(eve);
    const socket = await bob.connects();
    expect(await root.posts(`/users/${bob.id}/deactivate`)).toMatchObject({ id: bob.id, deleted: false });
    expect(await bob.statusOf('GET', '/users/me')).toBe('401 session_ended');
    expect(await socket.receives('session:ended')).toEqual({ reason: 'deactivated' });
    await until('the socket closed', () => !socket.socket.connected, 1_000);
    expect((await login(bob)).body.code).toBe('credentials_invalid');
    expect((await eve.gets(`/users?query=${bob.username}`)).items).toEqual([]);
    expect(await roles(eve, room.id)).toEqual({ [bob.id]: 'admin', [eve.id]: 'owner' });
    expect(await root.statusOf('POST', `/users/${bob.id}/deactivate`)).toBe('200');

    await root.posts(`/users/${bob.id}/activate`);
    expect(await bob.statusOf('GET', '/users/me')).toBe('401 session_ended');
    const again = await login(bob);
    expect(again.status).toBe(200);
    const page = await call(world.url, 'GET', `/rooms/${room.id}`, { token: again.body.accessToken });
    expect([page.status, page.body.membership.role]).toEqual([200, 'admin']);
  });

  it('keeps a room whose only member is deactivated', async () => {
    const [root, { bob }] = [await admin(), await world.people('bob')];
    const room = await bob.opensGroup();
    await root.posts(`/users/${bob.id}/deactivate`);
    await root.posts(`/users/${bob.id}/activate`);
    const { body } = await login(bob);
    expect((await call(world.url, 'GET', `/rooms/${room.id}`, { token: body.accessToken })).body.membership.role).toBe('owner');
  });
});

describe('deleting an account', () => {
  it('removes name, login, sessions and ownerships at once; messages stay', async () => {
    const { ana, bob, eve } = await world.people('ana', 'bob', 'eve');
    const room = await ana.opensGroup(bob, eve);
    await ana.does('PATCH', `/rooms/${room.id}/users/${eve.id}`, { role: 'admin' });
    const payload = await ana.sends(room, 'I was here');
    const [socket, bobs] = [await ana.connects(), await bob.connects()];
    expect((await ana.call('DELETE', '/users/me')).status).toBe(202);

    expect(await ana.statusOf('GET', '/users/me')).toBe('401 session_ended');
    expect(await socket.receives('session:ended')).toEqual({ reason: 'deactivated' });
    expect((await login(ana)).status).toBe(401);
    const gone = await bob.gets(`/users/${ana.id}`);
    expect(gone).toMatchObject({ id: ana.id, username: expect.stringMatching(/^deleted-[0-9a-f]{24}$/), displayName: null, deleted: true });
    expect((await roles(bob, room.id))[eve.id]).toBe('owner');
    expect(await bob.gets(`/rooms/${room.id}/messages/${payload.id}`)).toMatchObject({ text: 'I was here', user: gone });

    await bobs.receives('room-user:removed', ({ userId }) => userId === ana.id);
    await jobsDone();
    expect(await roles(bob, room.id)).toEqual({ [bob.id]: 'member', [eve.id]: 'owner' });
    expect((await bob.gets('/friends')).items.map(({ user }: { user: { id: string } }) => user.id)).not.toContain(ana.id);
    const kept = JSON.stringify((await db.query('SELECT * FROM users WHERE id = $1', [ana.id])).rows);
    expect(kept).not.toContain(ana.username);
    expect((await db.query('SELECT 1 FROM sessions WHERE user_id = $1', [ana.id])).rowCount).toBe(0);
  });

  it('frees the username for another user', async () => {
    const ana = await world.person('ana');
    await ana.deletes('/users/me');
    const answer = await call(world.url, 'POST', '/auth/register', { body: { username: ana.username, password: ana.password } });
    expect(answer.status).toBe(201);
    expect(answer.body.user.id).not.toBe(ana.id);
  });

  it('deletes rooms without other members, and keeps private rooms for the other user', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const [alone, two] = [await ana.opensGroup(), await ana.opensPrivate(bob)];
    await ana.sends(two, 'still here');
    for (const person of [ana, bob]) await person.patches(`/rooms/${two.id}/users/me`, { draft: 'never sent' });
    await ana.deletes('/users/me');
    await jobsDone();
    const { rows: drafts } = await db.query('SELECT user_id FROM room_users WHERE room_id = $1 AND draft IS NOT NULL', [two.id]);
    expect(drafts).toEqual([{ user_id: bob.id }]);
    expect((await db.query('SELECT deleted_at FROM rooms WHERE id = $1', [alone.id])).rows[0]?.deleted_at ?? new Date()).not.toBeNull();
    const room = await bob.gets(`/rooms/${two.id}`);
    expect(room.otherUser).toMatchObject({ id: ana.id, deleted: true });
    expect((await bob.page(two)).items.map(({ text }: { text: string }) => text)).toContain('still here');
  });

  it('is open to a platform admin, and happens once', async () => {
    const [root, { bob }] = [await admin(), await world.people('bob')];
    expect((await root.call('DELETE', `/users/${bob.id}?messages=forget`)).status).toBe(400);
    expect((await root.call('DELETE', `/users/${bob.id}?messages=keep`)).status).toBe(202);
    expect(await bob.statusOf('GET', '/users/me')).toBe('401 session_ended');
    expect(await root.statusOf('DELETE', `/users/${bob.id}`)).toBe('404 user_not_found');
    expect(await root.statusOf('POST', `/users/${bob.id}/activate`)).toBe('404 user_not_found');
  });

  it('erases the messages on request: members receive tombstones', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const [room, two] = [await ana.opensGroup(bob), await ana.opensPrivate(bob)];
    const first = await ana.sends(room, 'the first');
    const reply = await bob.sends(room, 'an answer', { replyToId: first.id });
    const back = await ana.sends(room, 'and back', { replyToId: reply.id });
    const hers = [first, back];
    for (let i = 0; i < 5; i++) hers.push(await ana.sends(room, `more ${i}`));
    const whispered = await ana.sends(two, 'a secret');
    await ana.posts(`/rooms/${room.id}/messages/${reply.id}/reactions`, { reaction: '🦜' });
    await bob.posts(`/rooms/${room.id}/messages/${first.id}/reactions`, { reaction: '🦜' });
    await bob.puts(`/rooms/${room.id}/messages/${first.id}/pin`).catch(() => undefined);
    const socket = await bob.connects();
    expect((await ana.call('DELETE', '/users/me?messages=erase')).status).toBe(202);
    await jobsDone();

    const packet = await socket.receives('messages:updated', ({ roomId }) => roomId === room.id);
    expect(packet.causes.map(({ kind }: { kind: string }) => kind)).toEqual(Array(7).fill('deleted'));
    expect(packet.rev - packet.prevRev).toBe(7);
    for (const { id } of hers) {
      const message = await bob.gets(`/rooms/${room.id}/messages/${id}`);
      expect(message).toMatchObject({ text: null, media: [], mentions: [], reactions: [], user: { deleted: true } });
      expect(message.deletedAt).not.toBeNull();
      expect(packet.messages.find((received: { id: string }) => received.id === id)).toMatchObject({ rev: message.rev, text: null });
    }
    const answer = await bob.gets(`/rooms/${room.id}/messages/${reply.id}`);
    expect(answer).toMatchObject({ text: 'an answer', replyCount: 0, replyTo: { id: first.id } });
    expect(JSON.stringify(answer)).not.toContain('the first');
    expect((await bob.gets(`/rooms/${two.id}/messages/${whispered.id}`)).text).toBeNull();
    const { rows } = await db.query('SELECT * FROM messages WHERE user_id = $1', [ana.id]);
    for (const word of ['the first', 'and back', 'more ', 'a secret']) expect(JSON.stringify(rows)).not.toContain(word);
    expect(new Set(rows.map(({ request_hash }) => request_hash))).toEqual(new Set([null]));
  });

  it('erases hundreds of messages in steps, each with its rev', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    for (let i = 0; i < 4; i++) {
      await Promise.all(Array.from({ length: 100 }, (_, j) => ana.sends(room, `line ${i} ${j}`)));
    }
    await bob.sends(room, 'stays');
    await ana.deletes('/users/me?messages=erase');
    await jobsDone();
    const { rows } = await db.query(
      `SELECT count(*) FILTER (WHERE user_id = $2 AND text IS NOT NULL)::int AS left,
         count(DISTINCT rev) FILTER (WHERE user_id = $2 AND type <> 'system')::int AS revs FROM messages WHERE room_id = $1`,
      [room.id, ana.id],
    );
    expect(rows[0]).toEqual({ left: 0, revs: 400 });
    const { unreadCount } = (await bob.gets(`/rooms/${room.id}`)).membership;
    expect(unreadCount).toBe(0);
  }, 20_000);

  it('leaves one owner in each of thirty owned rooms', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const rooms = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ana.posts('/rooms', { type: 'team', name: `team ${i}`, userIds: [bob.id] })),
    );
    await ana.deletes('/users/me');
    for (const room of rooms) expect((await roles(bob, room.id))[bob.id]).toBe('owner');
    await jobsDone();
    for (const room of rooms) expect(await roles(bob, room.id)).toEqual({ [bob.id]: 'owner' });
  }, 20_000);

  it('happens once for two concurrent requests', async () => {
    const ana = await world.person('ana');
    const answers = await Promise.all([ana.call('DELETE', '/users/me'), ana.call('DELETE', '/users/me')]);
    expect(answers.map(({ status }) => status).filter((status) => status === 202)).toHaveLength(1);
    expect(answers.every(({ status }) => [202, 401, 404].includes(status))).toBe(true);
  });

  it('leaves no session of a concurrent login', async () => {
    const ana = await world.person('ana');
    const [gone, ...logins] = await Promise.all([ana.call('DELETE', '/users/me'), ...Array.from({ length: 6 }, () => login(ana))]);
    expect(gone.status).toBe(202);
    for (const { status, body } of logins) {
      if (status === 200) expect((await call(world.url, 'GET', '/users/me', { token: body.accessToken })).status).toBe(401);
      else expect(status).toBe(401);
    }
  });
});
