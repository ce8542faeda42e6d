import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Transactions } from '../../src/database/transactions.js';
import { DomainEvents } from '../../src/events/domain-events.js';
import {
  FriendRemoved,
  FriendRequestApproved,
  FriendRequestCancelled,
  FriendRequestReceived,
  FriendRequestRejected,
} from '../../src/friends/friends.events.js';
import { Relations } from '../../src/friends/relations.service.js';
import { MeChanged } from '../../src/users/users.events.js';
import { World, type Person } from '../support/world.js';

let world: World;
let relations: Relations;
let ana: Person;
let bob: Person;
let zoe: Person;
let received: { kind: string; fact: any }[];

const EVENTS = [FriendRequestReceived, FriendRequestApproved, FriendRequestRejected, FriendRequestCancelled, FriendRemoved, MeChanged];

beforeAll(async () => {
  world = await World.start({
    FRIENDS_MAX_BLOCKS: '3',
    PRIVACY_PRESENCE: 'everyone',
    PRIVACY_DIRECT_MESSAGES: 'everyone',
    PRIVACY_GROUP_INVITES: 'everyone',
  });
  relations = world.app.app.get(Relations);
  const events = world.app.app.get(DomainEvents);
  for (const kind of EVENTS) events.on(kind, (fact: object) => void received.push({ kind: kind.name, fact }));
});
afterAll(() => world.stop());
beforeEach(async () => {
  [ana, bob, zoe] = await Promise.all([person('ana'), person('bob'), person('zoe')]);
  received = [];
});

const sql = (text: string) => world.app.app.get(Transactions).query(text);
const person = (name: string): Promise<Person> => world.person(name);
const asks = (from: Person, to: Person) => from.call('POST', '/friend-requests', { userId: to.id });
const blocks = (who: Person, whom: Person) => who.call('PUT', `/users/me/blocks/${whom.id}`);
const kinds = () => received.map(({ kind }) => kind);
const friendsOf = async (client: Person) => (await client.call('GET', '/friends')).body.items.map(({ user }: any) => user.id);
const denied = (reason: string) => ({ status: 403, body: { code: 'forbidden', reason } });
const befriend = async (a: Person, b: Person) => {
  await asks(a, b);
  expect((await asks(b, a)).body.status).toBe('approved');
};
const refusal = (question: Promise<unknown>) => expect(question).rejects.toHaveProperty('extras.reason');
const reasonOf = (question: Promise<unknown>): Promise<string | null> =>
  question.then(
    () => null,
    (error: { extras: { reason: string } }) => error.extras.reason,
  );

describe('a block', () => {
  it('is set, listed, set again without effect, and removed', async () => {
    expect((await blocks(ana, bob)).status).toBe(204);
    expect((await blocks(ana, bob)).status).toBe(204);
    expect((await ana.call('GET', '/users/me/blocks')).body).toEqual({
      items: [{ user: expect.objectContaining({ id: bob.id }), createdAt: expect.any(String) }],
      nextCursor: null,
    });
    expect((await bob.call('GET', '/users/me/blocks')).body.items).toEqual([]);
    expect(received).toEqual([{ kind: 'MeChanged', fact: { userId: ana.id, my: 1 } }]);
    expect((await ana.call('DELETE', `/users/me/blocks/${bob.id}`)).status).toBe(204);
    expect((await ana.call('DELETE', `/users/me/blocks/${bob.id}`)).status).toBe(204);
    expect((await ana.call('GET', '/users/me/blocks')).body.items).toEqual([]);
    expect(received).toHaveLength(2);
    expect((await asks(bob, ana)).status).toBe(201);
  });

  it('is refused for yourself and for an unknown user', async () => {
    expect(await blocks(ana, ana)).toMatchObject({ status: 422, body: { code: 'cannot_block_oneself' } });
    expect(await ana.call('PUT', '/users/me/blocks/0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11')).toMatchObject({
      status: 404,
      body: { code: 'user_not_found' },
    });
    expect((await ana.call('PUT', '/users/me/blocks/x')).status).toBe(400);
  });

  it('ends a friendship like an ordinary removal', async () => {
    await befriend(ana, bob);
    received = [];
    await blocks(ana, bob);
    expect(await friendsOf(ana)).toEqual([]);
    expect(await friendsOf(bob)).toEqual([]);
    expect(received).toEqual([
      {
        kind: 'FriendRemoved',
        fact: {
          users: [
            { userId: ana.id, my: 3 },
            { userId: bob.id, my: 3 },
          ],
        },
      },
      { kind: 'MeChanged', fact: { userId: ana.id, my: 4 } },
    ]);
    await ana.call('DELETE', `/users/me/blocks/${bob.id}`);
    expect(await friendsOf(bob)).toEqual([]);
  });

  it('is limited in number', async () => {
    const people = await Promise.all(['p', 'q', 'r', 's'].map(person));
    const answers = await Promise.all(people.map((one) => blocks(ana, one)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 204, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.code).toBe('too_many_blocks');
    const page = (await ana.call('GET', '/users/me/blocks?limit=2')).body;
    const rest = (await ana.call('GET', `/users/me/blocks?limit=2&cursor=${page.nextCursor}`)).body;
    expect(new Set([...page.items, ...rest.items].map(({ user }: any) => user.id)).size).toBe(3);
    expect(rest.nextCursor).toBeNull();
  });

  it('concurrent with a request, an approval or a block by the other: no relation remains', async () => {
    for (let i = 0; i < 5; i++) {
      [ana, bob] = await Promise.all([person('ana'), person('bob')]);
      const answers = await Promise.all([blocks(ana, bob), asks(bob, ana), asks(ana, bob), blocks(bob, ana)]);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
      expect([answers[0].status, answers[3].status]).toEqual([204, 204]);
      expect(await friendsOf(ana)).toEqual([]);
      expect((await bob.call('GET', '/friend-requests?status=pending')).body.items).toEqual([]);
      const eva = await person('eva');
      const { id } = (await asks(eva, ana)).body;
      const [approved] = await Promise.all([ana.call('POST', `/friend-requests/${id}/approve`), blocks(eva, ana)]);
      expect([200, 409]).toContain(approved.status);
      expect(await friendsOf(ana)).toEqual([]);
    }
    expect(kinds().filter((kind) => kind === 'MeChanged').length).toBe(15);
  });
});

describe('relations between users', () => {
  const sets = (who: Person, column: string, value: string) => sql(`UPDATE users SET ${column} = '${value}' WHERE id = '${who.id}'`);

  it.each([
    ['everyone', null, null],
    ['shared_rooms', 'privacy', null],
    ['friends', 'privacy', null],
    ['nobody', 'privacy', 'privacy'],
  ])('direct messages for %s: another user %s, a friend %s', async (value, outsider, friend) => {
    await befriend(ana, bob);
    await sets(bob, 'direct_messages', value);
    expect(await reasonOf(relations.requireMayMessage(zoe.id, bob.id))).toBe(outsider);
    expect(await reasonOf(relations.requireMayMessage(ana.id, bob.id))).toBe(friend);
  });

  it.each([
    ['group', 'everyone', null, null],
    ['group', 'friends', 'privacy', null],
    ['group', 'nobody', 'privacy', 'privacy'],
    ['team', 'friends', null, null],
    ['channel', 'friends', null, null],
    ['team', 'nobody', 'privacy', 'privacy'],
  ] as const)('adding to a %s a user with %s: another user %s, a friend %s', async (type, value, outsider, friend) => {
    await befriend(ana, bob);
    await sets(bob, 'group_invites', value);
    expect(await reasonOf(relations.requireMayAdd(zoe.id, [zoe.id, bob.id], type))).toBe(outsider);
    expect(await reasonOf(relations.requireMayAdd(ana.id, [bob.id], type))).toBe(friend);
  });

  it('a block overrides privacy in both directions, and the error names the users', async () => {
    await blocks(ana, bob);
    expect(await reasonOf(relations.requireMayAdd(ana.id, [zoe.id, bob.id], 'team'))).toBe('blocked');
    expect(await reasonOf(relations.requireMayAdd(bob.id, [zoe.id, ana.id], 'channel'))).toBe('privacy');
    expect(await reasonOf(relations.requireMayMessage(ana.id, bob.id))).toBe('blocked');
    expect(await reasonOf(relations.requireMayMessage(bob.id, ana.id))).toBe('privacy');
    await refusal(relations.requireMayAdd(ana.id, [zoe.id, bob.id], 'group'));
    await expect(relations.requireMayAdd(ana.id, [zoe.id, bob.id], 'group')).rejects.toHaveProperty('extras.errors', [
      { path: 'userIds.1', message: 'is blocked by you' },
    ]);
  });

  it('blocks and privacy stop presence, typing and receipts', async () => {
    const people = [ana.id, bob.id, zoe.id];
    expect(await relations.filterPresenceVisible(ana.id, people)).toEqual(new Set(people));
    await blocks(bob, ana);
    await sets(zoe, 'presence', 'friends');
    expect(await relations.filterPresenceVisible(ana.id, people)).toEqual(new Set([ana.id]));
    expect(await relations.filterPresenceViewers(zoe.id, people)).toEqual(new Set([zoe.id]));
    expect(await relations.filterPresenceViewers(bob.id, people)).toEqual(new Set([bob.id, zoe.id]));
    expect(await relations.filterUnblocked(ana.id, people)).toEqual(new Set([ana.id, zoe.id]));
    expect(await relations.receiptsBetween(ana.id, [bob.id, zoe.id])).toEqual(new Set([zoe.id]));
    await sql(`UPDATE users SET read_receipts = false WHERE id = '${zoe.id}'`);
    expect(await relations.receiptsBetween(ana.id, [bob.id, zoe.id])).toEqual(new Set());
    expect(await relations.receiptsBetween(zoe.id, [ana.id])).toEqual(new Set());
  });
});

describe('two users with shared rooms', () => {
  const opensPrivate = (from: Person, to: Person, teamId?: string) =>
    from.call('POST', '/rooms', { type: 'private_messages', userIds: [to.id], ...(teamId && { teamId }) });
  const sends = (who: Person, room: any, text = 'hello') => who.call('POST', `/rooms/${room.id}/messages`, { text });

  it('a concurrent send commits before the block or is refused', async () => {
    for (let i = 0; i < 3; i++) {
      [ana, bob] = await Promise.all([person('ana'), person('bob')]);
      const room = (await opensPrivate(ana, bob)).body;
      const payload = Array.from({ length: 40 }, (_, n) => sends(n % 2 ? ana : bob, room, `${n}`));
      const last = blocks(ana, bob).then(async () => (await ana.gets(`/rooms/${room.id}`)).lastSeq);
      const answers = await Promise.all(payload);
      expect(answers.every(({ status }) => status === 201 || status === 403)).toBe(true);
      const sent = answers.filter(({ status }) => status === 201).length;
      expect(await last).toBe((await bob.gets(`/rooms/${room.id}`)).lastSeq);
      expect((await bob.page(room, '?limit=100')).items.filter(({ type }: any) => type === 'text')).toHaveLength(sent);
    }
  });

  it('a private room that is opened during the block accepts no message', async () => {
    for (let i = 0; i < 5; i++) {
      [ana, bob] = await Promise.all([person('ana'), person('bob')]);
      const [opened, blocked] = await Promise.all([opensPrivate(bob, ana), blocks(ana, bob)]);
      expect([201, 403]).toContain(opened.status);
      expect(blocked.status).toBe(204);
      if (opened.status === 201) expect(await sends(bob, opened.body)).toMatchObject(denied('privacy'));
    }
  });
});
