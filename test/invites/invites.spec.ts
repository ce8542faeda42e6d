import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Transactions } from '../../src/database/transactions.js';
import { World, type Person } from '../support/world.js';

let world: World;
let ana: Person;
let bob: Person;
let zoe: Person;
let room: any;

beforeAll(async () => {
  world = await World.start({ ROOM_MAX_MEMBERS: '8', ROOM_MAX_INVITES: '3' });
});
afterAll(() => world.stop());
beforeEach(async () => {
  ({ ana, bob, zoe } = await world.people('ana', 'bob', 'zoe'));
  room = await ana.opensGroup();
});

const makes = (who: Person, body: object = {}, at = room) => who.posts(`/rooms/${at.id}/invites`, body);
const joins = (who: Person, code: string) => who.call('POST', `/invites/${code}/join`);
const triesToJoin = (who: Person, code: string) => who.statusOf('POST', `/invites/${code}/join`);
const listed = async (who: Person) => (await who.gets(`/rooms/${room.id}/invites`)).items;
const members = async () => (await ana.gets(`/rooms/${room.id}/users`)).items.map(({ userId }: any) => userId);
const sql = (text: string) => world.app.app.get(Transactions).query(text);

describe('an invite', () => {
  it('answers the room card, and lets users join with the role member', async () => {
    const invite = await makes(ana, { maxUses: 5, expiresAt: '2100-01-01T00:00:00+16:00' });
    expect(invite).toEqual({
      id: expect.any(String),
      code: expect.stringMatching(/^[\w-]{22}$/),
      maxUses: 5,
      uses: 0,
      expiresAt: '2099-12-31T08:00:00.000Z',
      createdBy: ana.id,
      createdAt: expect.any(String),
    });
    expect(await zoe.gets(`/invites/${invite.code}`)).toEqual({
      id: room.id,
      type: 'group',
      name: room.name,
      description: null,
      avatarUrl: null,
      isPublic: false,
      metaTags: [],
      active: true,
      memberCount: 1,
      createdAt: room.createdAt,
      membership: null,
    });
    expect(await zoe.statusOf('GET', `/rooms/${room.id}`)).toBe('404 room_not_found');

    const joined = await joins(zoe, invite.code);
    expect(joined).toMatchObject({ status: 200, body: { id: room.id, memberCount: 2, membership: { role: 'member', userId: zoe.id } } });
    expect(joined.body.membership.permissions).not.toContain('can_manage_roles');
    expect(await listed(ana)).toMatchObject([{ id: invite.id, uses: 1 }]);
    await ana.sends(room, 'hello');
    expect((await zoe.page(room)).items.map(({ text, system }: any) => text ?? system.event)).toContain('hello');
  });

  it('counts no use for a member, and answers one also when it is used up', async () => {
    const { code } = await makes(ana, { maxUses: 1 });
    expect((await joins(ana, code)).status).toBe(200);
    expect(await listed(ana)).toMatchObject([{ uses: 0 }]);
    expect((await joins(bob, code)).status).toBe(200);
    expect((await joins(bob, code)).status).toBe(200);
    expect(await triesToJoin(zoe, code)).toBe('404 invite_not_found');
    expect(await listed(ana)).toEqual([]);
  });

  it.each([
    ['revoked', (id: string) => ana.deletes(`/rooms/${room.id}/invites/${id}`)],
    ['expired', (id: string) => sql(`UPDATE room_invites SET expires_at = now() - interval '1 second' WHERE id = '${id}'`)],
    ['used up', (id: string) => sql(`UPDATE room_invites SET max_uses = 1, uses = 1 WHERE id = '${id}'`)],
    ['of a deleted room', () => ana.deletes(`/rooms/${room.id}`)],
  ])('that is %s answers like an unknown one', async (_, ends) => {
    const { id, code } = await makes(ana);
    await ends(id);
    const gone = await zoe.call('GET', `/invites/${code}`);
    const never = await zoe.call('GET', '/invites/AAAAAAAAAAAAAAAAAAAAAA');
    expect(gone.status).toBe(404);
    expect({ ...gone.body, requestId: null }).toEqual({ ...never.body, requestId: null });
    expect(await triesToJoin(zoe, code)).toBe('404 invite_not_found');
  });

  it.each(['x', '%00', 'ä', '..%2F..', 'a'.repeat(3000)])('with the code %s is not found', async (code) => {
    expect(await zoe.statusOf('GET', `/invites/${code}`)).toBe('404 invite_not_found');
    expect(await triesToJoin(zoe, code)).toBe('404 invite_not_found');
  });

  it('works only while its creator has the permission', async () => {
    await ana.befriends(bob);
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    const { code } = await makes(bob);
    const member = await ana.gets(`/rooms/${room.id}/users/${bob.id}`);
    const without = member.permissions.filter((permission: string) => permission !== 'can_create_invites');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: without });
    expect(await triesToJoin(zoe, code)).toBe('404 invite_not_found');
    expect(await zoe.statusOf('GET', `/invites/${code}`)).toBe('404 invite_not_found');
    expect(await bob.statusOf('POST', `/rooms/${room.id}/invites`, {})).toBe('403 not_granted');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: member.permissions });
    expect((await joins(zoe, code)).status).toBe(200);
    await bob.posts(`/rooms/${room.id}/leave`);
    const { tom } = await world.people('tom');
    expect(await triesToJoin(tom, code)).toBe('404 invite_not_found');
  });

  it('does not let a banned user join', async () => {
    const { code } = await makes(ana);
    await joins(zoe, code);
    await ana.puts(`/rooms/${room.id}/bans/${zoe.id}`, {});
    expect(await triesToJoin(zoe, code)).toBe('403 banned');
    expect(await zoe.statusOf('GET', `/invites/${code}`)).toBe('403 banned');
    expect(await listed(ana)).toMatchObject([{ uses: 1 }]);
  });

  it('is created and listed by members with can_create_invites, revoked by its creator and with can_remove_users', async () => {
    const { code } = await makes(ana);
    await joins(bob, code);
    await joins(zoe, code);
    const { tom } = await world.people('tom');
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['DELETE', '/0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11'],
    ]) {
      expect(await tom.statusOf(method!, `/rooms/${room.id}/invites${path}`, method === 'POST' ? {} : undefined)).toBe(
        '404 room_not_found',
      );
    }
    const own = await makes(bob);
    expect(await listed(zoe)).toHaveLength(2);
    expect(await zoe.statusOf('DELETE', `/rooms/${room.id}/invites/${own.id}`)).toBe('403 role_preset');
    expect(await bob.statusOf('DELETE', `/rooms/${room.id}/invites/${own.id}`)).toBe('204');
    expect(await ana.statusOf('DELETE', `/rooms/${room.id}/invites/${own.id}`)).toBe('404 invite_not_found');
    const another = await makes(bob);
    const elsewhere = await ana.opensGroup();
    expect(await ana.statusOf('DELETE', `/rooms/${elsewhere.id}/invites/${another.id}`)).toBe('404 invite_not_found');
    expect(await ana.statusOf('DELETE', `/rooms/${room.id}/invites/${another.id}`)).toBe('204');
    expect((await ana.gets(`/rooms/${room.id}/audit`)).items.map(({ action }: any) => action)).toEqual([
      'invite_revoked',
      'invite_created',
      'invite_revoked',
      'invite_created',
      'invite_created',
    ]);
  });

  it('is refused in private rooms, to channel members and to team members', async () => {
    const chat = await ana.opensPrivate(bob);
    expect(await ana.statusOf('POST', `/rooms/${chat.id}/invites`, {})).toBe('403 role_preset');
    const channel = await ana.opensChannel(bob);
    expect(await bob.statusOf('POST', `/rooms/${channel.id}/invites`, {})).toBe('403 role_preset');
    const team = await ana.opensTeam(bob);
    expect(await bob.statusOf('GET', `/rooms/${team.id}/invites`)).toBe('403 role_preset');
    expect((await makes(ana, {}, channel)).uses).toBe(0);
  });

  it('is limited in number and validated', async () => {
    const [first] = await Promise.all([makes(ana), makes(ana), makes(ana)]);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/invites`, {})).toBe('422 too_many_invites');
    await ana.deletes(`/rooms/${room.id}/invites/${first.id}`);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/invites`, { expiresAt: '2020-01-01T00:00:00Z' })).toBe('422 time_is_past');
    for (const body of [
      ...[
        { maxUses: 0 },
        { maxUses: 1.5 },
        { maxUses: '3' },
        { maxUses: 100_001 },
        { expiresAt: 'tomorrow' },
        { expiresAt: '2027-02-30T00:00:00Z' },
      ],
      ...[{ code: 'mine' }, { uses: 3 }, { role: 'owner' }, { createdBy: bob.id }],
    ]) {
      expect(await ana.statusOf('POST', `/rooms/${room.id}/invites`, body)).toBe('400 validation_failed');
    }
    expect(await ana.does('POST', `/rooms/${room.id}/invites`)).toMatchObject({ maxUses: null, expiresAt: null });
    const page = await ana.gets(`/rooms/${room.id}/invites?limit=2`);
    const rest = await ana.gets(`/rooms/${room.id}/invites?limit=2&cursor=${page.nextCursor}`);
    expect(new Set([...page.items, ...rest.items].map(({ id }: any) => id)).size).toBe(3);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('races', () => {
  const users = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => world.person(`n${i}`)));
  const outcomes = (answers: string[]) =>
    Object.fromEntries([...new Set(answers)].map((one) => [one, answers.filter((x) => x === one).length]));

  it('one of twenty concurrent joins takes the last use', async () => {
    const { code } = await makes(ana, { maxUses: 1 });
    const people = await users(20);
    expect(outcomes(await Promise.all(people.map((one) => triesToJoin(one, code))))).toEqual({ '200': 1, '404 invite_not_found': 19 });
    expect(await members()).toHaveLength(2);
  });

  it('concurrent joins fill the room, and a refused join counts no use', async () => {
    const { code } = await makes(ana, { maxUses: 100 });
    const people = await users(12);
    expect(outcomes(await Promise.all(people.map((one) => triesToJoin(one, code))))).toEqual({ '200': 7, '422 room_full': 5 });
    expect(await members()).toHaveLength(8);
    expect(await listed(ana)).toMatchObject([{ uses: 7 }]);
  });

  it('concurrent joins of one user count one use', async () => {
    const { code } = await makes(ana, { maxUses: 3 });
    expect(outcomes(await Promise.all(Array.from({ length: 8 }, () => triesToJoin(zoe, code))))).toEqual({ '200': 8 });
    expect(await listed(ana)).toMatchObject([{ uses: 1 }]);
  });

  it('a concurrent join and ban leave no banned member', async () => {
    for (let i = 0; i < 5; i++) {
      const { code, id } = await makes(ana);
      const { eva } = await world.people('eva');
      const [joined] = await Promise.all([triesToJoin(eva, code), ana.statusOf('PUT', `/rooms/${room.id}/bans/${eva.id}`, {})]);
      expect(['200', '403 banned']).toContain(joined);
      expect(await members()).toEqual([ana.id]);
      await ana.deletes(`/rooms/${room.id}/invites/${id}`);
    }
  });

  it('a concurrent join commits before the revocation or is refused', async () => {
    for (let i = 0; i < 3; i++) {
      const { code, id } = await makes(ana);
      const { eva, tom } = await world.people('eva', 'tom');
      const [joined] = await Promise.all([triesToJoin(eva, code), ana.deletes(`/rooms/${room.id}/invites/${id}`)]);
      expect(['200', '404 invite_not_found']).toContain(joined);
      expect(await triesToJoin(tom, code)).toBe('404 invite_not_found');
    }
  });
});
