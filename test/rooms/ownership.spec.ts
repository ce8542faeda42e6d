import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { AccountRooms } from '../../src/rooms/account-rooms.service.js';
import type { Json } from '../support/test-socket.js';
import { group, line, ndjson, member, takes, user } from '../support/import-file.js';
import { type Person, World } from '../support/world.js';

let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(() => world?.stop());

const rolesIn = async (person: Person, roomId: string): Promise<Record<string, string>> => {
  const { items } = await person.gets(`/rooms/${roomId}/users`);
  return Object.fromEntries(items.map((one: { user: { displayName: string }; role: string }) => [one.user.displayName, one.role]));
};

const lastEvent = async (person: Person, room: { id: string }): Promise<string> => (await person.page(room)).items.at(-1).system?.event;

describe('the owner', () => {
  it('transfers the ownership and becomes an admin', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    expect(await ana.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: bob.id })).toBe('204');
    expect(await rolesIn(ana, room.id)).toEqual({ ana: 'admin', bob: 'owner' });
    expect(await lastEvent(ana, room)).toBe('owner_changed');
  });

  it('is the only member who may transfer it, and only to a member', async () => {
    const { ana, bob, cid, zoe } = await world.people('ana', 'bob', 'cid', 'zoe');
    const room = await ana.opensGroup(bob, cid);
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin' });
    expect(await bob.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: bob.id })).toBe('403 role_preset');
    expect(await cid.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: cid.id })).toBe('403 role_preset');
    expect(await zoe.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: zoe.id })).toBe('404 room_not_found');
    expect(await ana.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: zoe.id })).toBe('404 room_user_not_found');
    expect(await ana.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: ana.id })).toBe('204');
    expect(await rolesIn(ana, room.id)).toEqual({ ana: 'owner', bob: 'admin', cid: 'member' });
  });

  it('cannot be made by changing a role, nor be removed, changed or banned', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    expect(await ana.statusOf('PATCH', `/rooms/${room.id}/users/${bob.id}`, { role: 'owner' })).toBe('403 rank');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin', permissions: everything });
    expect(await bob.statusOf('DELETE', `/rooms/${room.id}/users/${ana.id}`)).toBe('403 rank');
    expect(await bob.statusOf('PUT', `/rooms/${room.id}/bans/${ana.id}`, {})).toBe('403 rank');
    expect(await bob.statusOf('PATCH', `/rooms/${room.id}/users/${ana.id}`, { role: 'member' })).toBe('403 rank');
    expect(await ana.statusOf('PATCH', `/rooms/${room.id}/users/${ana.id}`, { role: 'member' })).toBe('403 rank');
  });

  it('must transfer the ownership before leaving; the last member who leaves deletes the room', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/leave`)).toBe('409 owner_must_transfer');
    await ana.puts(`/rooms/${room.id}/owner`, { userId: bob.id });
    expect(await ana.statusOf('POST', `/rooms/${room.id}/leave`)).toBe('204');
    expect(await ana.statusOf('GET', `/rooms/${room.id}`)).toBe('404 room_not_found');
    expect(await bob.statusOf('POST', `/rooms/${room.id}/leave`)).toBe('204');
    expect(await bob.statusOf('GET', `/rooms/${room.id}`)).toBe('404 room_not_found');
  });

  it('is exactly one when the new owner leaves at the same moment', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    for (let round = 0; round < 10; round++) {
      const room = await ana.opensGroup(bob);
      const [handed, left] = await Promise.all([
        ana.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: bob.id }),
        bob.statusOf('POST', `/rooms/${room.id}/leave`),
      ]);
      expect([
        ['204', '409 owner_must_transfer', { ana: 'admin', bob: 'owner' }],
        ['404 room_user_not_found', '204', { ana: 'owner' }],
      ]).toContainEqual([handed, left, await rolesIn(ana, room.id)]);
    }
  });

  it('is exactly one when three members transfer the ownership at once', async () => {
    const people = await world.people('ana', 'bob', 'cid');
    const { ana, bob, cid } = people;
    const room = await ana.opensGroup(bob, cid);
    const all = [ana, bob, cid];
    await Promise.all(
      Array.from({ length: 30 }, (_, turn) => all[turn % 3]!.call('PUT', `/rooms/${room.id}/owner`, { userId: all[(turn + 1) % 3]!.id })),
    ).then((answers) => expect(answers.every(({ status }) => status === 204 || status === 403)).toBe(true));
    expect(Object.values(await rolesIn(ana, room.id)).filter((role) => role === 'owner')).toHaveLength(1);
  });
});

const everything = [
  ...['can_add_users', 'can_remove_users', 'can_create_messages', 'can_delete_messages', 'can_delete_own_messages', 'can_edit_messages'],
  ...['can_edit_own_messages', 'can_edit_room', 'can_delete_room', 'can_attach_media', 'can_add_reactions', 'can_mention_all'],
  ...['can_pin_messages', 'can_create_invites', 'can_ban_users', 'can_manage_roles'],
];

describe('when an owner is', () => {
  const accounts = (): AccountRooms => world.app.app.get(AccountRooms);

  it('deactivated, the admin who joined first becomes owner, else the member who joined first', async () => {
    const { ana, bob, cid, dan } = await world.people('ana', 'bob', 'cid', 'dan');
    const staffed = await ana.opensGroup(bob, cid);
    await ana.befriends(dan);
    await ana.posts(`/rooms/${staffed.id}/users`, { userId: dan.id });
    await ana.patches(`/rooms/${staffed.id}/users/${dan.id}`, { role: 'admin' });
    const plain = await ana.opensGroup(bob);
    await ana.posts(`/rooms/${plain.id}/users`, { userId: dan.id });
    const alone = await ana.opensGroup();
    expect(await accounts().transferOnDeactivation(ana.id)).toBeNull();
    expect(await rolesIn(ana, staffed.id)).toEqual({ ana: 'admin', bob: 'member', cid: 'member', dan: 'owner' });
    expect(await rolesIn(ana, plain.id)).toEqual({ ana: 'admin', bob: 'owner', dan: 'member' });
    expect(await rolesIn(ana, alone.id)).toEqual({ ana: 'owner' });
  });

  it('deleted, rooms go to a successor or are deleted, and private rooms stay for the other member', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const shared = await ana.opensGroup(bob);
    const alone = await ana.opensGroup();
    const theirs = await bob.opensGroup(ana);
    const secret = await ana.opensPrivate(bob);
    expect(await accounts().transferOnDeletion(ana.id)).toBeNull();
    expect(await rolesIn(bob, shared.id)).toEqual({ ana: 'admin', bob: 'owner' });
    expect(await ana.statusOf('GET', `/rooms/${alone.id}`)).toBe('404 room_not_found');
    expect(await accounts().leaveAllRooms(ana.id)).toBeNull();
    expect(await rolesIn(bob, shared.id)).toEqual({ bob: 'owner' });
    expect(await rolesIn(bob, theirs.id)).toEqual({ bob: 'owner' });
    expect(await rolesIn(bob, secret.id)).toEqual({ ana: 'member', bob: 'member' });
  });

  it('deleted, the rooms are transferred in steps that may be repeated', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const made = await Promise.all(Array.from({ length: 23 }, () => ana.opensGroup(bob)));
    const first = await accounts().transferOnDeletion(ana.id);
    expect(first).not.toBeNull();
    await accounts().transferOnDeletion(ana.id);
    expect(await accounts().transferOnDeletion(ana.id, first)).toBeNull();
    const roles = await Promise.all(made.map((room) => rolesIn(bob, room.id)));
    expect(roles.every(({ ana: hers, bob: his }) => hers === 'admin' && his === 'owner')).toBe(true);
  });

  it('deactivated with no active member left, the first to be activated or to join becomes owner', async () => {
    const { ana, bob, zoe, root } = await world.people('ana', 'bob', 'zoe', 'root');
    await root.becomesPlatformAdmin();
    const deactivates = (person: Person): Promise<unknown> => root.posts(`/users/${person.id}/deactivate`);
    const activates = async (person: Person): Promise<void> => {
      await root.posts(`/users/${person.id}/activate`);
      const { accessToken } = await person.posts('/auth/login', { username: person.username, password: person.password });
      person.accessToken = accessToken;
    };
    const shared = await ana.opensGroup(bob);
    const open = await ana.posts('/rooms', { type: 'group', isPublic: true });
    await deactivates(ana);
    await deactivates(bob);
    await activates(ana);
    expect(await rolesIn(ana, shared.id)).toEqual({ ana: 'owner', bob: 'admin' });
    await deactivates(ana);
    await zoe.posts(`/rooms/${open.id}/join`);
    expect(await rolesIn(zoe, open.id)).toEqual({ ana: 'admin', zoe: 'owner' });
    await activates(bob);
    await activates(ana);
    expect(await rolesIn(ana, shared.id)).toEqual({ ana: 'admin', bob: 'owner' });
  });
});

describe('when an import contains an inactive owner', () => {
  const day = (number: number): string => `2020-05-0${number}T10:00:00.000Z`;
  const GONE = { deactivatedAt: day(9) };
  /** A public room with, in the order of joining: its owner and an admin, both deactivated, two members, one of them `eye`, and an admin. */
  const fileOf = (eye: Person, { owner = GONE, others = {} }: { owner?: object; others?: object } = {}) => {
    const named = (name: string, more: object): Json => ({ ...user(`u-${randomUUID().slice(0, 20)}`), displayName: name, ...more });
    const [ann, ben, cat, eve] = [named('ann', owner), named('ben', GONE), named('cat', others), named('eve', others)];
    const room = { ...group(ann.id), isPublic: true };
    const members = [
      member(room.id, ann.id, 'owner'),
      member(room.id, ben.id, 'admin'),
      member(room.id, cat.id),
      member(room.id, eye.id),
      member(room.id, eve.id, 'admin'),
    ].map((one, index) => ({ ...one, joinedAt: day(index + 1) }));
    return { room, ben, lines: [ann, ben, cat, eve, room, ...members] };
  };
  const settled = { ann: 'admin', ben: 'admin', cat: 'member', eye: 'member', eve: 'owner' };
  const breaksOff = async ({ room, lines }: { room: Json; lines: object[] }): Promise<void> => {
    const lost = line(room.id, randomUUID(), 'of nobody');
    await expect(takes(world, ndjson(...lines, lost))).rejects.toThrow('userId is an unknown user');
  };

  it.each([
    ['deactivated', GONE],
    ['deleted', { deletedAt: day(9) }],
  ])('who is %s, the active admin who joined first becomes owner, not a user who joins later', async (_, owner) => {
    const { eye, zoe } = await world.people('eye', 'zoe');
    const { room, lines } = fileOf(eye, { owner });
    await takes(world, ndjson(...lines));
    expect(await rolesIn(eye, room.id)).toEqual(settled);
    await zoe.posts(`/rooms/${room.id}/join`);
    expect(await rolesIn(eye, room.id)).toEqual({ ...settled, zoe: 'member' });
    const { seq, rev } = await eye.page(room);
    await takes(world, ndjson(...lines));
    expect(await eye.page(room)).toMatchObject({ seq, rev });
  });

  it('and breaks off, neither a user who joins nor an activated admin becomes owner', async () => {
    const { eye, zoe, root } = await world.people('eye', 'zoe', 'root');
    const [joined, activated, healed] = [fileOf(eye), fileOf(eye), fileOf(eye)];
    for (const file of [joined, activated, healed]) await breaksOff(file);
    expect(await rolesIn(eye, joined.room.id)).toMatchObject({ ann: 'owner', eve: 'admin' });
    await zoe.posts(`/rooms/${joined.room.id}/join`);
    expect(await rolesIn(eye, joined.room.id)).toEqual({ ...settled, zoe: 'member' });
    await root.becomesPlatformAdmin();
    await root.posts(`/users/${activated.ben.id}/activate`);
    expect(await rolesIn(eye, activated.room.id)).toEqual(settled);
    await takes(world, ndjson(...healed.lines));
    expect(await rolesIn(eye, healed.room.id)).toEqual(settled);
  });

  it('and no active member, the first user to join becomes owner', async () => {
    const { eye, zoe, root } = await world.people('eye', 'zoe', 'root');
    await root.becomesPlatformAdmin();
    await root.posts(`/users/${eye.id}/deactivate`);
    const { room, lines } = fileOf(eye, { others: GONE });
    await takes(world, ndjson(...lines));
    await zoe.posts(`/rooms/${room.id}/join`);
    expect(await rolesIn(zoe, room.id)).toEqual({ ...settled, eve: 'admin', zoe: 'owner' });
  });
});
