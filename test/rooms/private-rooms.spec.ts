import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { QueryResult } from 'pg';
import type { Json } from '../support/test-socket.js';
import { group, line, ndjson, member, takes } from '../support/import-file.js';
import { until } from '../support/until.js';
import { type Person, World } from '../support/world.js';

let world: World;

beforeAll(async () => {
  world = await World.shared();
});

afterAll(() => world?.stop());

const asks = (person: Person, other: Person, more: object = {}) =>
  person.call('POST', '/rooms', { type: 'private_messages', userIds: [other.id], ...more });

describe('a private room', () => {
  it('is for two friends, and shows each the other', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const made = await asks(ana, bob);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ...{ type: 'private_messages', name: null, isPublic: false, teamId: null, memberCount: 2, otherUser: { id: bob.id } },
      membership: { userId: ana.id, role: 'member', unreadCount: 0 },
      lastMessage: { type: 'system', system: { event: 'room_created', userIds: [bob.id] } },
    });
    expect(made.body.membership.permissions.sort()).toEqual([
      ...['can_add_reactions', 'can_attach_media', 'can_create_messages', 'can_delete_own_messages', 'can_delete_room'],
      ...['can_edit_own_messages', 'can_pin_messages'],
    ]);
    expect(await bob.gets(`/rooms/${made.body.id}`)).toMatchObject({ otherUser: { id: ana.id }, membership: { userId: bob.id } });
  });

  it('is the same for both users, however many requests come at once from both', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const answers = await Promise.all([ana, bob, ana, bob, ana, bob].map((person, index) => asks(person, index % 2 ? ana : bob)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const { items } = await ana.gets('/rooms?type=private_messages');
    expect(items).toHaveLength(1);
    expect(items[0].lastSeq).toBe(1);
  });

  it('needs the privacy of the other user only when it is created', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    expect(await ana.statusOf('POST', '/rooms', { type: 'private_messages', userIds: [bob.id] })).toBe('403 privacy');
    const room = await ana.opensPrivate(bob);
    await ana.deletes(`/friends/${bob.id}`);
    const again = await asks(ana, bob);
    expect([again.status, again.body.id]).toEqual([200, room.id]);
  });

  it.each([
    ['no user', [], '400 validation_failed'],
    ['two users', [randomUUID(), randomUUID()], '400 validation_failed'],
    ['an unknown user', [randomUUID()], '404 user_not_found'],
  ])('is not created with %s', async (_, userIds, answer) => {
    const ana = await world.person('ana');
    expect(await ana.statusOf('POST', '/rooms', { type: 'private_messages', userIds })).toBe(answer);
  });

  it('is not created with yourself, nor public, nor with an avatar', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    expect(await ana.statusOf('POST', '/rooms', { type: 'private_messages', userIds: [ana.id] })).toBe('422 cannot_message_oneself');
    const more = [{ isPublic: true }, { avatarMediaId: randomUUID() }];
    for (const fields of more) {
      expect(await ana.statusOf('POST', '/rooms', { type: 'private_messages', userIds: [bob.id], ...fields })).toBe(
        '400 validation_failed',
      );
    }
  });

  it('can be neither joined nor left', async () => {
    const { ana, bob, zoe } = await world.people('ana', 'bob', 'zoe');
    await ana.befriends(zoe);
    const { id } = await ana.opensPrivate(bob);
    expect(await ana.statusOf('POST', `/rooms/${id}/users`, { userId: zoe.id })).toBe('403 role_preset');
    expect(await ana.statusOf('DELETE', `/rooms/${id}/users/${bob.id}`)).toBe('403 role_preset');
    expect(await ana.statusOf('PUT', `/rooms/${id}/bans/${bob.id}`, {})).toBe('403 role_preset');
    expect(await ana.statusOf('PATCH', `/rooms/${id}/users/${bob.id}`, { role: 'admin' })).toBe('403 role_preset');
    expect(await ana.statusOf('PATCH', `/rooms/${id}`, { name: 'ours' })).toBe('403 role_preset');
    expect(await ana.statusOf('POST', `/rooms/${id}/leave`)).toBe('409 private_room');
    expect(await ana.statusOf('PUT', `/rooms/${id}/owner`, { userId: bob.id })).toBe('409 private_room');
    expect(await zoe.statusOf('POST', `/rooms/${id}/join`)).toBe('404 room_not_found');
  });

  it('is deleted by either user for both, and can then be created again', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const first = await ana.opensPrivate(bob);
    expect(await bob.statusOf('DELETE', `/rooms/${first.id}`)).toBe('204');
    for (const person of [ana, bob]) expect(await person.statusOf('GET', `/rooms/${first.id}`)).toBe('404 room_not_found');
    const second = await asks(ana, bob);
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.id);
  });
});

describe('a private room inside a team', () => {
  it('is for two of its members, friends or not, besides their private room outside it', async () => {
    const { eva, ana, bob } = await world.people('eva', 'ana', 'bob');
    const team = await eva.opensTeam(ana, bob);
    const made = await asks(ana, bob, { teamId: team.id });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ teamId: team.id, otherUser: { id: bob.id } });
    const again = await asks(bob, ana, { teamId: team.id });
    expect([again.status, again.body.id]).toEqual([200, made.body.id]);
    expect((await ana.opensPrivate(bob)).id).not.toBe(made.body.id);
  });

  it('is the same for both users, however many requests come at once', async () => {
    const { eva, ana, bob } = await world.people('eva', 'ana', 'bob');
    const team = await eva.opensTeam(ana, bob);
    const answers = await Promise.all([ana, bob, ana, bob].map((one, at) => asks(one, at % 2 ? ana : bob, { teamId: team.id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('is not created for a non-member, nor inside another type of room', async () => {
    const { eva, ana, zoe } = await world.people('eva', 'ana', 'zoe');
    const team = await eva.opensTeam(ana);
    const circle = await eva.opensGroup(ana);
    const body = (other: Person, teamId: string) => ({ type: 'private_messages', userIds: [other.id], teamId });
    expect(await ana.statusOf('POST', '/rooms', body(zoe, team.id))).toBe('404 room_user_not_found');
    expect(await zoe.statusOf('POST', '/rooms', body(ana, team.id))).toBe('404 room_not_found');
    expect(await eva.statusOf('POST', '/rooms', body(ana, circle.id))).toBe('422 not_a_team');
    expect(await eva.statusOf('POST', '/rooms', { type: 'group', userIds: [ana.id], teamId: team.id })).toBe('400 validation_failed');
  });

  it('is denied by a block, and by the privacy setting nobody', async () => {
    const { eva, ana, bob, cid } = await world.people('eva', 'ana', 'bob', 'cid');
    const team = await eva.opensTeam(ana, bob, cid);
    await bob.puts(`/users/me/blocks/${ana.id}`);
    expect((await asks(ana, bob, { teamId: team.id })).body.reason).toBe('privacy');
    expect((await asks(bob, ana, { teamId: team.id })).body.reason).toBe('blocked');
    await sql(`UPDATE users SET direct_messages = 'nobody' WHERE id = $1`, [cid.id]);
    expect((await asks(ana, cid, { teamId: team.id })).body.reason).toBe('privacy');
  });

  it.each([
    ['one of the two leaves the team', (people: People, teamId: string) => people.bob.posts(`/rooms/${teamId}/leave`)],
    ['the team is archived', (people: People, teamId: string) => people.eva.patches(`/rooms/${teamId}`, { active: false })],
    ['the team is deleted', (people: People, teamId: string) => people.eva.deletes(`/rooms/${teamId}`)],
    [
      'the team is deleted and purged',
      async (people: People, teamId: string) => {
        await people.eva.deletes(`/rooms/${teamId}`);
        await until('the purge', async () => (await sql(`SELECT 1 FROM room_heads WHERE room_id = $1`, [teamId])).rowCount === 0);
      },
    ],
  ])('can be read and not written when %s', async (_, ends) => {
    const people = await world.people('eva', 'ana', 'bob');
    const { eva, ana, bob } = people;
    const team = await eva.opensTeam(ana, bob);
    const { body: room } = await asks(ana, bob, { teamId: team.id });
    await ana.sends(room, 'still here');
    await ends(people, team.id);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'too late' })).toBe('403 room_inactive');
    expect((await bob.page(room)).items.at(-1).text).toBe('still here');
    const { permissions } = await ana.gets(`/rooms/${room.id}/permissions`);
    expect(permissions.find((one: { permission: string }) => one.permission === 'can_create_messages')).toEqual({
      ...{ permission: 'can_create_messages', allowed: false, rule: 'room_inactive' },
    });
  });
});

describe('a private room imported without one of its members', () => {
  it.each<[string, (people: Record<'ana' | 'bob', Person>) => Person[]]>([
    ['both', () => []],
    ['the other user', ({ ana }) => [ana]],
    ['the user who requests it', ({ bob }) => [bob]],
  ])('gets both when it is requested: missing %s', async (_, joined) => {
    const people = await world.people('ana', 'bob');
    const { ana, bob } = people;
    await ana.befriends(bob);
    const room = { ...group(ana.id), type: 'private_messages', name: null, userIds: [ana.id, bob.id] };
    const members = joined(people).map(({ id }) => member(room.id, id));
    await takes(world, ndjson(room, line(room.id, bob.id, 'long ago'), ...members));
    const socket = await bob.connects();
    const answers = await Promise.all([asks(ana, bob), asks(ana, bob)]);
    for (const { status, body } of answers) expect([status, body.id, body.memberCount]).toEqual([200, room.id, 2]);
    // A message from before `room:created` is read counts in its `lastSeq`, and has no event of its own.
    if (!joined(people).includes(bob)) await socket.receives('room:created', (event) => event.room.id === room.id);
    await ana.sends(room, 'and today');
    await socket.receives('messages:created', ({ messages }) => messages.some(({ text }: Json) => text === 'and today'));
    const payload = (await bob.page(room)).items.filter(({ type }: Json) => type === 'text');
    expect(payload.map(({ text }: Json) => text)).toEqual(['long ago', 'and today']);
  });
});

type People = Record<'eva' | 'ana' | 'bob', Person>;

async function sql(text: string, values: unknown[]): Promise<QueryResult> {
  const client = await world.database();
  const result = await client.query(text, values);
  await client.end();
  return result;
}
