import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Transactions } from '../src/database/transactions.js';
import { DomainEvents } from '../src/events/domain-events.js';
import { FriendRequestsService } from '../src/friends/friend-requests.service.js';
import {
  FriendRemoved,
  FriendRequestApproved,
  FriendRequestCancelled,
  FriendRequestReceived,
  FriendRequestRejected,
} from '../src/friends/friends.events.js';
import { World, type Person } from './support/world.js';

let world: World;
let ana: Person;
let bob: Person;
let zoe: Person;
/** What the two sides were told since the story began. */
let told: { kind: string; fact: any }[];

beforeAll(async () => {
  world = await World.start({ FRIENDS_MAX_PENDING: '3', FRIENDS_MAX: '2' });
  const events = world.app.app.get(DomainEvents);
  for (const kind of [FriendRequestReceived, FriendRequestApproved, FriendRequestRejected, FriendRequestCancelled, FriendRemoved]) {
    events.on(kind, (fact: object) => void told.push({ kind: kind.name, fact }));
  }
});
afterAll(() => world.stop());
beforeEach(async () => {
  [ana, bob, zoe] = await Promise.all([person('ana'), person('bob'), person('zoe')]);
  told = [];
});

const sql = (text: string) => world.app.app.get(Transactions).query(text);
const person = (name: string): Promise<Person> => world.person(name);
const asks = (from: Person, to: Person) => from.call('POST', '/friend-requests', { userId: to.id });
const kinds = () => told.map(({ kind }) => kind);
const friendsOf = async (client: Person) => (await client.call('GET', '/friends')).body.items.map(({ user }: any) => user.id);
const pendingOf = async (client: Person) => (await client.call('GET', '/friend-requests?status=pending')).body.items;
const befriend = async (a: Person, b: Person) => {
  const { body } = await asks(a, b);
  expect((await b.call('POST', `/friend-requests/${body.id}/approve`)).status).toBe(200);
};
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort();

describe('a friendship', () => {
  it('is asked for, approved, listed by both and ended by one', async () => {
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
    expect(told[0]!.fact).toMatchObject({ fromMy: 1, toMy: 1, friendRequest: { status: 'pending' } });
    expect(told[2]!.fact.users).toEqual([
      { userId: ana.id, my: 3 },
      { userId: bob.id, my: 3 },
    ]);
  });

  it('is not asked of oneself, of nobody, of a friend, nor in another form', async () => {
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

  it('is asked for once: the second time answers with the first request', async () => {
    const first = await asks(ana, bob);
    const second = await ana.call('POST', '/friend-requests', { userId: bob.id.toUpperCase() });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(kinds()).toEqual(['FriendRequestReceived']);
  });

  it('comes to be when the other asks back', async () => {
    const { body } = await asks(ana, bob);
    expect(await asks(bob, ana)).toMatchObject({ status: 200, body: { id: body.id, status: 'approved' } });
    expect(await friendsOf(ana)).toEqual([bob.id]);
  });

  it('is bounded in number, for both', async () => {
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
  it('is approved and rejected by its receiver alone, cancelled by its sender alone, and not there for others', async () => {
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

  it.each(['approve', 'reject'])('is decided once: after %s nothing more can be done with it', async (act) => {
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

  it('has to wait after a rejection, unless the other one asks', async () => {
    const { id } = (await asks(ana, bob)).body;
    await bob.call('POST', `/friend-requests/${id}/reject`);
    const again = await asks(ana, bob);
    expect(again).toMatchObject({ status: 429, body: { code: 'friend_request_cooldown' } });
    expect(again.body.retryAfter).toBeGreaterThan(23 * 3600);
    expect(again.body.retryAfter).toBeLessThanOrEqual(24 * 3600);

    expect((await asks(bob, ana)).status).toBe(201);
    expect(await asks(ana, bob)).toMatchObject({ status: 200, body: { status: 'approved' } });
    await bob.call('DELETE', `/friends/${ana.id}`);
    // Bob has asked since: the old rejection counts no more.
    expect((await asks(ana, bob)).status).toBe(201);
  });

  it('is bounded in number while it waits', async () => {
    const people = await Promise.all(['p', 'q', 'r', 's'].map(person));
    const answers = await Promise.all(people.map((one) => asks(ana, one)));
    expect(statuses(answers)).toEqual([201, 201, 201, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.code).toBe('too_many_friend_requests');
    const refused = people[answers.findIndex(({ status }) => status === 422)]!;
    // Asking back is no new request.
    await asks(bob, ana);
    expect((await asks(ana, bob)).status).toBe(200);
    const [first] = await pendingOf(ana);
    await ana.call('DELETE', `/friend-requests/${first.id}`);
    expect((await asks(ana, refused)).status).toBe(201);
  });
});

describe('privacy of friend requests', () => {
  const sets = (who: Person, privacy: string) => sql(`UPDATE users SET friend_requests = '${privacy}' WHERE id = '${who.id}'`);

  it('refuses everybody under nobody, yet one may ask oneself', async () => {
    await sets(bob, 'nobody');
    expect(await asks(ana, bob)).toMatchObject({ status: 403, body: { code: 'forbidden', reason: 'privacy' } });
    expect((await asks(bob, ana)).status).toBe(201);
    expect(await asks(ana, bob)).toMatchObject({ status: 200, body: { status: 'approved' } });
  });

  it('asks for a shared room under shared_rooms', async () => {
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

describe('live', () => {
  it('both hear each step with their own number, and nobody else hears a word', async () => {
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

  it('the list of friends names the private room of the two', async () => {
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

  it('a friend removed keeps the private room, and opens no new one', async () => {
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

describe('somebody who goes', () => {
  it('parts from everybody, as by hand', async () => {
    const eva = await world.person('eva');
    await befriend(ana, bob);
    await asks(ana, zoe);
    await asks(eva, ana);
    await befriend(bob, zoe);
    told = [];
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
      told = [];
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
      // Of two commits that follow each other, either may be heard of first here; sockets hear them by their numbers.
      expect(kinds().sort()).toEqual(['FriendRequestApproved', 'FriendRequestReceived']);
    }));

  it('asking many times at once makes one request', () =>
    round(async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => asks(ana, bob)));
      expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    }));

  it('approve against cancel: one of them wins', () =>
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

  it('approve against approve, and against reject: one of them wins', () =>
    round(async () => {
      const { id } = (await asks(ana, bob)).body;
      const acts = ['approve', 'reject', 'approve', 'reject'].map((act) => bob.call('POST', `/friend-requests/${id}/${act}`));
      const answers = await Promise.all(acts);
      expect(statuses(answers)).toEqual([200, 409, 409, 409]);
      const winner = answers.find(({ status }) => status === 200)!.body.status;
      expect(await friendsOf(ana)).toEqual(winner === 'approved' ? [bob.id] : []);
    }));

  it('removing twice at once removes once', () =>
    round(async () => {
      await befriend(ana, bob);
      const answers = await Promise.all([ana.call('DELETE', `/friends/${bob.id}`), bob.call('DELETE', `/friends/${ana.id}`)]);
      expect(statuses(answers)).toEqual([204, 404]);
      expect(kinds().filter((kind) => kind === 'FriendRemoved')).toHaveLength(1);
    }));

  it('many people asking one at once all arrive, and each change has its own number', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, (_, i) => person(`n${i}`)));
    const answers = await Promise.all(people.map((one) => asks(one, ana)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(told.map(({ fact }) => fact.toMy).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
