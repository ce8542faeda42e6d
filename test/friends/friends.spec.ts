import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Transactions } from '../../src/database/transactions.js';
import { DomainEvents } from '../../src/events/domain-events.js';
import { FriendRequestsService } from '../../src/friends/friend-requests.service.js';
import {
  FriendRemoved,
  FriendRequestApproved,
  FriendRequestCancelled,
  FriendRequestReceived,
  FriendRequestRejected,
} from '../../src/friends/friends.events.js';
import { World, type Person } from '../support/world.js';

let world: World;
let ana: Person;
let bob: Person;
let zoe: Person;
/** Domain events published since the test began. */
let published: { kind: string; fact: any }[];

beforeAll(async () => {
  world = await World.start({ FRIENDS_MAX_PENDING: '3', FRIENDS_MAX: '2' });
  const events = world.app.app.get(DomainEvents);
  for (const kind of [FriendRequestReceived, FriendRequestApproved, FriendRequestRejected, FriendRequestCancelled, FriendRemoved]) {
    events.on(kind, (fact: object) => void published.push({ kind: kind.name, fact }));
  }
});
afterAll(() => world.stop());
beforeEach(async () => {
  [ana, bob, zoe] = await Promise.all([person('ana'), person('bob'), person('zoe')]);
  published = [];
});

const sql = (text: string) => world.app.app.get(Transactions).query(text);
const person = (name: string): Promise<Person> => world.person(name);
const asks = (from: Person, to: Person) => from.call('POST', '/friend-requests', { userId: to.id });
const kinds = () => published.map(({ kind }) => kind);
const friendsOf = async (client: Person) => (await client.call('GET', '/friends')).body.items.map(({ user }: any) => user.id);
const pendingOf = async (client: Person) => (await client.call('GET', '/friend-requests?status=pending')).body.items;
const befriend = async (a: Person, b: Person) => {
  const { body } = await asks(a, b);
  expect((await b.call('POST', `/friend-requests/${body.id}/approve`)).status).toBe(200);
};
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort();

describe('a friendship', () => {
  it('is requested, approved, listed for both and ended by one', async () => {
    const asked = await asks(ana, bob);
    expect(asked.status).toBe(201);
    expect(asked.body).toEqual({
      id: expect.any(String),
      fromUser: expect.objectContaining({ id: ana.id, username: ana.username, deleted: false }),
      toUser: expect.objectContaining({ id: bob.id }),
      status: 'pending',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      decidedAt: null,
    });
    const approved = await bob.call('POST', `/friend-requests/${asked.body.id}/approve`);
    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({ id: asked.body.id, status: 'approved', decidedAt: expect.any(String) });
    expect((await ana.call('GET', '/friends')).body).toEqual({
      items: [{ user: expect.objectContaining({ id: bob.id }), createdAt: expect.any(String), roomId: null }],
      nextCursor: null,
    });
    expect(await friendsOf(bob)).toEqual([ana.id]);
    expect(await friendsOf(zoe)).toEqual([]);

    expect((await ana.call('DELETE', `/friends/${bob.id}`)).status).toBe(204);
    expect(await friendsOf(bob)).toEqual([]);
    expect(await ana.call('DELETE', `/friends/${bob.id}`)).toMatchObject({ status: 404, body: { code: 'friend_not_found' } });
    expect(kinds()).toEqual(['FriendRequestReceived', 'FriendRequestApproved', 'FriendRemoved']);
    expect(published[0]!.fact).toMatchObject({ fromMy: 1, toMy: 1, friendRequest: { status: 'pending' } });
    expect(published[2]!.fact.users).toEqual([
      { userId: ana.id, my: 3 },
      { userId: bob.id, my: 3 },
    ]);
  });

  it('is refused with yourself, an unknown user, a friend, and in a malformed request', async () => {
    expect(await asks(ana, ana)).toMatchObject({ status: 422, body: { code: 'cannot_befriend_oneself' } });
    expect(await ana.call('POST', '/friend-requests', { userId: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' })).toMatchObject({
      status: 404,
      body: { code: 'user_not_found' },
    });
    await befriend(ana, bob);
    expect(await asks(ana, bob)).toMatchObject({ status: 409, body: { code: 'already_friends' } });
    expect(await asks(bob, ana)).toMatchObject({ status: 409, body: { code: 'already_friends' } });
    for (const body of [{}, { userId: 'x' }, { userId: bob.id, status: 'approved' }, { userId: [bob.id] }]) {
      expect((await ana.call('POST', '/friend-requests', body)).status).toBe(400);
    }
  });

  it('is requested once: a second request answers with the first', async () => {
    const first = await asks(ana, bob);
    const second = await ana.call('POST', '/friend-requests', { userId: bob.id.toUpperCase() });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(kinds()).toEqual(['FriendRequestReceived']);
  });

  it('begins when both users send a request', async () => {
    const { body } = await asks(ana, bob);
    expect(await asks(bob, ana)).toMatchObject({ status: 200, body: { id: body.id, status: 'approved' } });
    expect(await friendsOf(ana)).toEqual([bob.id]);
  });

  it('is limited in number, for both users', async () => {
    const [eva, tom] = [await person('eva'), await person('tom')];
    await befriend(ana, bob);
    await befriend(zoe, ana);
    const { body } = await asks(ana, eva);
    expect(await eva.call('POST', `/friend-requests/${body.id}/approve`)).toMatchObject({
      status: 422,
      body: { code: 'too_many_friends' },
    });
    expect(await pendingOf(eva)).toHaveLength(1);
    await asks(tom, ana);
    expect(await asks(ana, tom)).toMatchObject({ status: 422, body: { code: 'too_many_friends' } });
  });
});

describe('a request', () => {
  it('is approved or rejected only by its receiver, cancelled only by its sender, and not found by others', async () => {
    const { id } = (await asks(ana, bob)).body;
    for (const act of ['approve', 'reject']) {
      expect(await ana.call('POST', `/friend-requests/${id}/${act}`)).toMatchObject({ status: 403, body: { reason: 'not_receiver' } });
      expect(await zoe.call('POST', `/friend-requests/${id}/${act}`)).toMatchObject({
        status: 404,
        body: { code: 'friend_request_not_found' },
      });
    }
    expect(await bob.call('DELETE', `/friend-requests/${id}`)).toMatchObject({ status: 403, body: { reason: 'not_sender' } });
    expect(await zoe.call('DELETE', `/friend-requests/${id}`)).toMatchObject({ status: 404, body: { code: 'friend_request_not_found' } });
    expect((await ana.call('DELETE', `/friend-requests/${id}`)).status).toBe(204);
    expect(kinds()).toEqual(['FriendRequestReceived', 'FriendRequestCancelled']);
    expect(await pendingOf(bob)).toEqual([]);
  });

  it.each(['approve', 'reject'])('is decided once: after %s it cannot change', async (act) => {
    const { id } = (await asks(ana, bob)).body;
    expect((await bob.call('POST', `/friend-requests/${id}/${act}`)).status).toBe(200);
    const decided = { status: 409, body: { code: 'friend_request_decided' } };
    expect(await bob.call('POST', `/friend-requests/${id}/approve`)).toMatchObject(decided);
    expect(await bob.call('POST', `/friend-requests/${id}/reject`)).toMatchObject(decided);
    expect(await ana.call('DELETE', `/friend-requests/${id}`)).toMatchObject(decided);
  });

  it('may follow a cancelled one at once', async () => {
    const { id } = (await asks(ana, bob)).body;
    await ana.call('DELETE', `/friend-requests/${id}`);
    expect((await asks(ana, bob)).status).toBe(201);
  });

  it('waits for the cooldown after a rejection, unless the other user sends one', async () => {
    const { id } = (await asks(ana, bob)).body;
    await bob.call('POST', `/friend-requests/${id}/reject`);
    const again = await asks(ana, bob);
    expect(again).toMatchObject({ status: 429, body: { code: 'friend_request_cooldown' } });
    expect(again.body.retryAfter).toBeGreaterThan(23 * 3600);
    expect(again.body.retryAfter).toBeLessThanOrEqual(24 * 3600);

    expect((await asks(bob, ana)).status).toBe(201);
    expect(await asks(ana, bob)).toMatchObject({ status: 200, body: { status: 'approved' } });
    await bob.call('DELETE', `/friends/${ana.id}`);
    // Bob has sent a request since, which ends the cooldown.
    expect((await asks(ana, bob)).status).toBe(201);
  });

  it('is limited in number while pending', async () => {
    const people = await Promise.all(['p', 'q', 'r', 's'].map(person));
    const answers = await Promise.all(people.map((one) => asks(ana, one)));
    expect(statuses(answers)).toEqual([201, 201, 201, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.code).toBe('too_many_friend_requests');
    const refused = people[answers.findIndex(({ status }) => status === 422)]!;
    // This approves the request that was received.
    await asks(bob, ana);
    expect((await asks(ana, bob)).status).toBe(200);
    const [first] = await pendingOf(ana);
    await ana.call('DELETE', `/friend-requests/${first.id}`);
    expect((await asks(ana, refused)).status).toBe(201);
  });
});

describe('privacy of friend requests', () => {
  const sets = (who: Person, privacy: string) => sql(`UPDATE users SET friend_requests = '${privacy}' WHERE id = '${who.id}'`);

  it('`nobody` refuses every request, but the user may send one', async () => {
    await sets(bob, 'nobody');
    expect(await asks(ana, bob)).toMatchObject({ status: 403, body: { code: 'forbidden', reason: 'privacy' } });
    expect((await asks(bob, ana)).status).toBe(201);
    expect(await asks(ana, bob)).toMatchObject({ status: 200, body: { status: 'approved' } });
  });

  it('`shared_rooms` needs a shared room', async () => {
    await sets(bob, 'shared_rooms');
    expect(await asks(ana, bob)).toMatchObject({ status: 403, body: { reason: 'privacy' } });
    const team = await bob.opensTeam(ana);
    expect((await asks(ana, bob)).status).toBe(201);
    await ana.deletes(`/friend-requests/${(await pendingOf(ana))[0].id}`);
    await bob.deletes(`/rooms/${team.id}`);
    expect(await asks(ana, bob)).toMatchObject({ status: 403, body: { reason: 'privacy' } });
  });
});

describe('lists', () => {
  it('are filtered by direction and status, and paged newest first', async () => {
    const [eva, tom] = [await person('eva'), await person('tom')];
    const sent = [(await asks(ana, bob)).body.id, (await asks(ana, zoe)).body.id];
    const received = [(await asks(eva, ana)).body.id, (await asks(tom, ana)).body.id];
    await ana.call('POST', `/friend-requests/${received[0]}/reject`);
    const ids = async (query: string) => (await ana.call('GET', `/friend-requests?${query}`)).body.items.map(({ id }: any) => id);
    const newest = [...sent, ...received].sort().reverse();
    expect(await ids('')).toEqual(newest);
    expect(await ids('direction=sent')).toEqual([...sent].sort().reverse());
    expect(await ids('direction=received&status=pending')).toEqual([received[1]]);
    expect(await ids('status=rejected')).toEqual([received[0]]);
    expect(await ids('direction=sent&status=rejected')).toEqual([]);

    const first = (await ana.call('GET', '/friend-requests?limit=3')).body;
    const rest = (await ana.call('GET', `/friend-requests?limit=3&cursor=${first.nextCursor}`)).body;
    expect([...first.items, ...rest.items].map(({ id }: any) => id)).toEqual(newest);
    expect(rest.nextCursor).toBeNull();

    await befriend(ana, await person('f1'));
    await befriend(ana, await person('f2'));
    const page = (await ana.call('GET', '/friends?limit=1')).body;
    const next = (await ana.call('GET', `/friends?limit=1&cursor=${page.nextCursor}`)).body;
    expect([...page.items, ...next.items].map(({ user }: any) => user.id)).toEqual(await friendsOf(ana));
    expect(next.nextCursor).toBeNull();
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'cursor=x',
    'cursor=WyJ4IiwieSJd',
    'cursor=WzEsMl0',
    'direction=both',
    'status=open',
    'more=1',
  ])('refuse %s', async (query) => {
    expect((await ana.call('GET', `/friend-requests?${query}`)).status).toBe(400);
    if (!/direction|status/.test(query)) expect((await ana.call('GET', `/friends?${query}`)).status).toBe(400);
  });
});

describe('events and rooms', () => {
  it('both users receive each step with their own number; other users receive nothing', async () => {
    const [a, b, z] = await Promise.all([ana.connects(), bob.connects(), zoe.connects()]);
    const { id } = (await asks(ana, bob)).body;
    await bob.call('POST', `/friend-requests/${id}/reject`);
    await asks(bob, ana);
    await asks(ana, bob);
    await ana.deletes(`/friends/${bob.id}`);
    const { id: second } = (await asks(ana, bob)).body;
    await ana.deletes(`/friend-requests/${second}`);
    const story = ['received', 'rejected', 'received', 'approved', 'removed', 'received', 'cancelled'];
    for (const [socket, other] of [
      [a, bob],
      [b, ana],
    ] as const) {
      await socket.receives('friend-request:cancelled');
      const received = socket.received.filter(({ event }) => event.startsWith('friend'));
      expect(received.map(({ event }) => event.split(':')[1])).toEqual(story);
      expect(received.map(({ payload }) => payload.my)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(received[3]!.payload).toEqual({ friendRequest: expect.objectContaining({ status: 'approved' }), my: 4 });
      expect(received[4]!.payload).toEqual({ userId: other.id, my: 5 });
    }
    await z.flushes();
    expect(z.received.filter(({ event }) => event !== 'ready')).toEqual([]);
  });

  it('the list of friends contains the private room of each friend', async () => {
    const room = await ana.opensPrivate(bob);
    await ana.befriends(zoe);
    const { items } = await ana.gets('/friends');
    expect(items.map(({ user, roomId }: any) => [user.id, roomId])).toEqual([
      [zoe.id, null],
      [bob.id, room.id],
    ]);
    await bob.deletes(`/rooms/${room.id}`);
    expect((await ana.gets('/friends')).items.map(({ roomId }: any) => roomId)).toEqual([null, null]);
  });

  it('the private room stays after the friendship ends, and no new one can be opened', async () => {
    const room = await ana.opensPrivate(bob);
    await ana.deletes(`/friends/${bob.id}`);
    expect((await ana.sends(room, 'still here')).text).toBe('still here');
    expect((await bob.call('POST', '/rooms', { type: 'private_messages', userIds: [ana.id] })).status).toBe(200);
    await bob.deletes(`/rooms/${room.id}`);
    expect(await bob.call('POST', '/rooms', { type: 'private_messages', userIds: [ana.id] })).toMatchObject({
      status: 403,
      body: { reason: 'privacy' },
    });
  });
});

describe('a deleted user', () => {
  it('loses friends and requests as by ordinary requests', async () => {
    const eva = await world.person('eva');
    await befriend(ana, bob);
    await asks(ana, zoe);
    await asks(eva, ana);
    await befriend(bob, zoe);
    published = [];
    expect(await world.app.app.get(FriendRequestsService).endRelationsStep(ana.id)).toBe(false);
    expect(await friendsOf(ana)).toEqual([]);
    expect(await pendingOf(ana)).toEqual([]);
    expect(await friendsOf(bob)).toEqual([zoe.id]);
    expect(kinds().sort()).toEqual(['FriendRemoved', 'FriendRequestCancelled', 'FriendRequestRejected']);
  });
});

describe('races', () => {
  const round = async (race: () => Promise<void>) => {
    for (let i = 0; i < 5; i++) {
      [ana, bob] = await Promise.all([person('ana'), person('bob')]);
      published = [];
      await race();
    }
  };

  it('crossing requests make one friendship', () =>
    round(async () => {
      const answers = await Promise.all([asks(ana, bob), asks(bob, ana), asks(ana, bob), asks(bob, ana)]);
      const codes = statuses(answers);
      expect(codes.filter((code) => code === 201)).toHaveLength(1);
      expect(codes.every((code) => [200, 201, 409].includes(code))).toBe(true);
      expect(await friendsOf(ana)).toEqual([bob.id]);
      expect(await friendsOf(bob)).toEqual([ana.id]);
      expect(await pendingOf(ana)).toEqual([]);
      // The events of two consecutive commits may be published in either order; sockets receive them by number.
      expect(kinds().sort()).toEqual(['FriendRequestApproved', 'FriendRequestReceived']);
    }));

  it('concurrent requests of one user create one request', () =>
    round(async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => asks(ana, bob)));
      expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    }));

  it('concurrent approval and cancellation: one succeeds', () =>
    round(async () => {
      const { id } = (await asks(ana, bob)).body;
      const [approved, cancelled] = await Promise.all([
        bob.call('POST', `/friend-requests/${id}/approve`),
        ana.call('DELETE', `/friend-requests/${id}`),
      ]);
      const won = approved.status === 200;
      expect([approved.status, cancelled.status]).toEqual(won ? [200, 409] : [409, 204]);
      expect(await friendsOf(ana)).toEqual(won ? [bob.id] : []);
      expect(kinds()).toHaveLength(2);
    }));

  it('concurrent approvals, or approval and rejection: one succeeds', () =>
    round(async () => {
      const { id } = (await asks(ana, bob)).body;
      const acts = ['approve', 'reject', 'approve', 'reject'].map((act) => bob.call('POST', `/friend-requests/${id}/${act}`));
      const answers = await Promise.all(acts);
      expect(statuses(answers)).toEqual([200, 409, 409, 409]);
      const winner = answers.find(({ status }) => status === 200)!.body.status;
      expect(await friendsOf(ana)).toEqual(winner === 'approved' ? [bob.id] : []);
    }));

  it('concurrent removals end the friendship once', () =>
    round(async () => {
      await befriend(ana, bob);
      const answers = await Promise.all([ana.call('DELETE', `/friends/${bob.id}`), bob.call('DELETE', `/friends/${ana.id}`)]);
      expect(statuses(answers)).toEqual([204, 404]);
      expect(kinds().filter((kind) => kind === 'FriendRemoved')).toHaveLength(1);
    }));

  it('concurrent requests of many users to one all succeed, each with its own number', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, (_, i) => person(`n${i}`)));
    const answers = await Promise.all(people.map((one) => asks(one, ana)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(published.map(({ fact }) => fact.toMy).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
