import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Person, World } from '../support/world.js';

let world: World;

beforeAll(async () => {
  world = await World.start({ ROOM_MAX_MEMBERS: '3', ROOM_MAX_PER_USER: '12' });
});

afterAll(async () => {
  await world?.stop();
});

const opensPublic = (person: Person, fields: object = {}) =>
  person.posts('/rooms', { type: 'group', name: 'open', isPublic: true, ...fields });

describe('a public room', () => {
  it('shows only its card to any user', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await opensPublic(ana, { description: 'for all', metaTags: ['a'] });
    expect(await zoe.gets(`/rooms/${room.id}`)).toEqual({
      ...{ id: room.id, type: 'group', name: 'open', description: 'for all', avatarUrl: null, isPublic: true, metaTags: ['a'] },
      ...{ active: true, memberCount: 1, createdAt: room.createdAt, membership: null },
    });
    const below = ['/users', `/users/${ana.id}`, '/bans', '/permissions', '/messages'];
    for (const path of below) expect(await zoe.statusOf('GET', `/rooms/${room.id}${path}`)).toBe('403 not_member');
    expect(await zoe.statusOf('PATCH', `/rooms/${room.id}`, { name: 'mine' })).toBe('403 not_member');
    expect(await zoe.statusOf('DELETE', `/rooms/${room.id}`)).toBe('403 not_member');
    expect(await zoe.statusOf('POST', `/rooms/${room.id}/leave`)).toBe('403 not_member');
    expect(await zoe.statusOf('PUT', `/rooms/${room.id}/users/me/read`, { seq: 1 })).toBe('403 not_member');
    expect(await zoe.statusOf('PATCH', `/rooms/${room.id}/users/me`, { muted: true })).toBe('403 not_member');
  });

  it('can be joined by any user, once, and announces it', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await opensPublic(ana, { historyVisibility: 'since_joined' });
    await ana.sends(room, 'before');
    const joined = await zoe.call('POST', `/rooms/${room.id}/join`);
    expect(joined.status).toBe(200);
    expect(joined.body).toMatchObject({
      memberCount: 2,
      membership: { role: 'member', createdBy: zoe.id, unreadCount: 0, visibleFromSeq: 3 },
    });
    expect(joined.body.lastMessage.system).toEqual({ event: 'user_joined', userIds: [zoe.id] });
    expect((await zoe.page(room)).items).toHaveLength(1);
    const again = await zoe.posts(`/rooms/${room.id}/join`);
    expect([again.lastSeq, again.rev, again.memberCount]).toEqual([joined.body.lastSeq, joined.body.rev, 2]);
  });

  it('can be joined again after leaving: earlier messages stay hidden under since_joined', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await opensPublic(ana, { historyVisibility: 'since_joined' });
    await zoe.posts(`/rooms/${room.id}/join`);
    await zoe.posts(`/rooms/${room.id}/leave`);
    expect(await zoe.statusOf('GET', `/rooms/${room.id}/messages`)).toBe('403 not_member');
    await ana.sends(room, 'while away');
    const { membership, lastSeq } = await zoe.posts(`/rooms/${room.id}/join`);
    expect(membership).toMatchObject({ visibleFromSeq: lastSeq, unreadCount: 0 });
    expect((await zoe.page(room)).items.map((message: { seq: number }) => message.seq)).toEqual([lastSeq]);
  });

  it('holds no more than the maximum number of members, however many join at once', async () => {
    const { ana, bob, cid, dan, eva } = await world.people('ana', 'bob', 'cid', 'dan', 'eva');
    const room = await opensPublic(ana);
    const answers = await Promise.all([bob, cid, dan, eva].map((person) => person.statusOf('POST', `/rooms/${room.id}/join`)));
    expect(answers.sort()).toEqual(['200', '200', '422 room_full', '422 room_full']);
    expect((await ana.gets(`/rooms/${room.id}`)).memberCount).toBe(3);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/users`, { userId: dan.id })).toMatch(
      /^(403 privacy|409 already_member|422 room_full)$/,
    );
    await ana.befriends(bob, cid, dan);
    expect(await ana.statusOf('POST', '/rooms', { type: 'group', userIds: [bob.id, cid.id, dan.id] })).toBe('422 room_full');
    expect(await ana.statusOf('POST', '/rooms', { type: 'channel', name: 'wide', userIds: [bob.id, cid.id, dan.id] })).toBe('201');
  });

  it('is closed to a user who has reached the maximum number of rooms', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await opensPublic(ana);
    for (let made = 0; made < 12; made++) await zoe.opensGroup();
    expect(await zoe.statusOf('POST', `/rooms/${room.id}/join`)).toBe('422 too_many_rooms');
    expect(await zoe.statusOf('POST', '/rooms', { type: 'group' })).toBe('422 too_many_rooms');
  });

  it('is closed to a banned user until the ban ends', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const room = await opensPublic(ana);
    await zoe.posts(`/rooms/${room.id}/join`);
    await ana.puts(`/rooms/${room.id}/bans/${zoe.id}`, { reason: 'spam' });
    expect(await zoe.statusOf('GET', `/rooms/${room.id}/messages`)).toBe('403 not_member');
    expect(await zoe.statusOf('POST', `/rooms/${room.id}/join`)).toBe('403 banned');
    await ana.deletes(`/rooms/${room.id}/bans/${zoe.id}`);
    expect(await zoe.statusOf('POST', `/rooms/${room.id}/join`)).toBe('200');
  });

  it('never holds a banned user, whichever of join and ban comes first', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    for (let round = 0; round < 8; round++) {
      const room = await opensPublic(ana, { name: `round ${round}` });
      const [joined, banned] = await Promise.all([
        zoe.statusOf('POST', `/rooms/${room.id}/join`),
        ana.statusOf('PUT', `/rooms/${room.id}/bans/${zoe.id}`, {}),
      ]);
      expect(banned).toBe('204');
      expect(['200', '403 banned']).toContain(joined);
      expect(await zoe.statusOf('GET', `/rooms/${room.id}/messages`)).toBe('403 not_member');
      expect((await ana.gets(`/rooms/${room.id}`)).memberCount).toBe(1);
      await ana.deletes(`/rooms/${room.id}`);
    }
  });
});

describe('the list of public rooms', () => {
  it('finds by name, description and tag, pages, and shows nothing private', async () => {
    const { ana, zoe } = await world.people('ana', 'zoe');
    const one = await opensPublic(ana, { name: 'Żółw 100%_club', description: 'slow' });
    const two = await opensPublic(ana, { name: 'fast', description: 'no żółw here', metaTags: ['race'] });
    const hidden = await ana.posts('/rooms', { type: 'group', name: 'żółw in secret', metaTags: ['race'] });
    const found = async (query: string) => (await zoe.gets(`/rooms/public${query}`)).items.map((card: { id: string }) => card.id);
    expect(await found(`?query=${encodeURIComponent('żółw')}`)).toEqual([two.id, one.id]);
    expect(await found(`?query=${encodeURIComponent('100%_c')}`)).toEqual([one.id]);
    expect(await found(`?query=${encodeURIComponent('1___c')}`)).toEqual([]);
    expect(await found('?query=race')).toEqual([two.id]);
    expect(await found('?tag=race')).toEqual([two.id]);
    expect(await found('')).not.toContain(hidden.id);
    const page = await zoe.gets(`/rooms/public?query=${encodeURIComponent('żółw')}&limit=1`);
    expect(page.items[0]).toEqual(await zoe.gets(`/rooms/${two.id}`));
    expect(await found(`?query=${encodeURIComponent('żółw')}&cursor=${page.nextCursor}`)).toEqual([one.id]);
    await ana.patches(`/rooms/${two.id}`, { isPublic: false });
    expect(await found('?tag=race')).toEqual([]);
    expect(await zoe.statusOf('GET', `/rooms/${two.id}`)).toBe('404 room_not_found');
    expect(await zoe.statusOf('POST', `/rooms/${two.id}/join`)).toBe('404 room_not_found');
  });

  it('shows whether you are a member', async () => {
    const { ana } = await world.people('ana');
    const room = await opensPublic(ana, { name: 'mine', metaTags: ['mine'] });
    const { items } = await ana.gets('/rooms/public?tag=mine');
    expect(items).toMatchObject([{ id: room.id, membership: { userId: ana.id, role: 'owner' } }]);
  });

  it.each(['?cursor=bad', '?cursor=WyJ4Il0', '?limit=0', '?limit=101', '?limit=a', '?order=id', `?tag=${'x'.repeat(51)}`])(
    'refuses %s',
    async (query) => {
      const ana = await world.person('ana');
      expect(await ana.statusOf('GET', `/rooms/public${query}`)).toBe('400 validation_failed');
    },
  );
});
