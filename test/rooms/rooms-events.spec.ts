import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainEvents } from '../../src/events/domain-events.js';
import { MembershipChanged, ReadMarked, RoomUserRemoved, RoomUsersAdded, RoomUserUpdated } from '../../src/room-users/room-users.events.js';
import { RoomUpdated, RoomDeleted, RoomCreated } from '../../src/rooms/rooms.events.js';
import { MessagesPosted } from '../../src/timeline/timeline.events.js';
import { type Person, World } from '../support/world.js';

// The domain events of rooms: every step of the change log once and in order, every personal number once.

const FACTS = [RoomCreated, RoomUpdated, RoomDeleted, RoomUsersAdded, RoomUserUpdated, RoomUserRemoved, MembershipChanged, ReadMarked];
interface Fact {
  name: string;
  roomId: string;
  prevRev?: number;
  rev?: number;
  [field: string]: unknown;
}

let world: World;
let facts: Fact[] = [];

beforeAll(async () => {
  world = await World.start();
  const events = world.app.app.get(DomainEvents);
  for (const type of [...FACTS, MessagesPosted] as (new (...args: never[]) => object)[]) {
    events.on(type, (event) => void facts.push({ name: type.name, ...event } as unknown as Fact));
  }
});

afterAll(async () => {
  await world?.stop();
});

/** Returns the events of a room that `act` causes. */
async function receivedOf(room: { id: string }, act: () => Promise<unknown>): Promise<Fact[]> {
  facts = [];
  await act();
  return facts.filter(({ roomId }) => roomId === room.id);
}

const namesOf = (received: Fact[]): string[] => received.map(({ name }) => name);
const myOf = async (person: Person): Promise<number> => (await person.gets('/users/me')).my;

describe('a group', () => {
  it('publishes every step of its change log, once and in order', async () => {
    const { ana, bob, cid } = await world.people('ana', 'bob', 'cid');
    await ana.befriends(bob, cid);
    facts = [];
    const room = await ana.posts('/rooms', { type: 'group', name: 'a group', userIds: [bob.id] });
    const path = `/rooms/${room.id}`;
    await ana.posts(`${path}/users`, { userId: cid.id });
    await ana.patches(`${path}/users/${cid.id}`, { role: 'admin' });
    await ana.patches(path, { name: 'renamed' });
    await ana.puts(`${path}/owner`, { userId: bob.id });
    await bob.deletes(`${path}/users/${cid.id}`);
    await bob.puts(`${path}/bans/${ana.id}`, {});
    const received = facts.filter(({ roomId, rev }) => roomId === room.id && rev !== undefined);
    expect(namesOf(received)).toEqual([
      ...['RoomUsersAdded', 'RoomUserUpdated', 'RoomUpdated', 'RoomUserUpdated', 'RoomUserUpdated'],
      ...['RoomUserRemoved', 'RoomUserRemoved'],
    ]);
    let rev = room.rev;
    for (const step of received) {
      expect(step.prevRev).toBe(rev);
      expect(step.rev).toBe(rev + 1);
      rev = step.rev;
    }
    expect((await bob.gets(path)).rev).toBe(rev);
    expect(received.slice(-2)).toMatchObject([
      { userId: cid.id, reason: 'removed', fence: 1 },
      { userId: ana.id, reason: 'banned', fence: 2 },
    ]);
  });

  it('publishes neutral views only', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup();
    await ana.befriends(bob);
    const [added] = await receivedOf(room, () => ana.posts(`/rooms/${room.id}/users`, { userId: bob.id }));
    expect(added!.roomUsers).toMatchObject([{ userId: bob.id, lastReadSeq: null }]);
    const [changed] = await receivedOf(room, () => ana.patches(`/rooms/${room.id}`, { name: 'new' }));
    const fields = Object.keys(changed!.room as object);
    for (const own of ['membership', 'otherUser', 'otherLastReadSeq', 'lastMessage']) expect(fields).not.toContain(own);
  });

  it('is created and deleted with the next number of each member', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    await ana.befriends(bob);
    const before = { ana: await myOf(ana), bob: await myOf(bob) };
    facts = [];
    const room = await ana.opensGroup(bob);
    const opened = facts.find(({ name }) => name === 'RoomCreated');
    expect([...(opened!.my as Map<string, number>)].sort()).toEqual(
      [
        [ana.id, before.ana + 1],
        [bob.id, before.bob + 1],
      ].sort(),
    );
    const [closed] = await receivedOf(room, () => ana.deletes(`/rooms/${room.id}`));
    expect(closed).toMatchObject({ name: 'RoomDeleted', fence: 1 });
    expect((closed!.userIds as string[]).sort()).toEqual([ana.id, bob.id].sort());
    expect((closed!.my as Map<string, number>).get(bob.id)).toBe(before.bob + 2);
    expect(await myOf(bob)).toBe(before.bob + 2);
  });

  it('counts personal changes for that user alone, and no read marks', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const { seq } = await ana.sends(room, 'read me');
    const my = await myOf(bob);
    const muted = await receivedOf(room, () => bob.patches(`/rooms/${room.id}/users/me`, { muted: true }));
    expect(muted).toMatchObject([{ name: 'MembershipChanged', userId: bob.id, my: my + 1 }]);
    const read = await receivedOf(room, () => bob.puts(`/rooms/${room.id}/users/me/read`, { seq }));
    expect(read).toMatchObject([
      { name: 'ReadMarked', userId: bob.id, seq },
      { name: 'MembershipChanged', userId: bob.id, my: null },
    ]);
    expect(await receivedOf(room, () => bob.puts(`/rooms/${room.id}/users/me/read`, { seq }))).toEqual([]);
    const changed = await receivedOf(room, () => ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin' }));
    expect(changed).toMatchObject([{ name: 'RoomUserUpdated', my: my + 2, roomUser: { userId: bob.id, role: 'admin' } }]);
    expect(await myOf(bob)).toBe(my + 2);
  });

  it('publishes nothing if nothing changed or the request was denied', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const received = await receivedOf(room, async () => {
      await ana.patches(`/rooms/${room.id}`, { name: 'a group' });
      await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'member' });
      await bob.patches(`/rooms/${room.id}/users/me`, { muted: false });
      await bob.statusOf('DELETE', `/rooms/${room.id}`);
      await ana.statusOf('POST', `/rooms/${room.id}/users`, { userId: bob.id });
      await ana.statusOf('PUT', `/rooms/${room.id}/owner`, { userId: ana.id });
    });
    expect(received).toEqual([]);
  });
});

describe('a channel', () => {
  it('publishes joins, changes and leaves of readers to those readers alone', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const news = await ana.opensChannel();
    const path = `/rooms/${news.id}`;
    const came = await receivedOf(news, () => ana.posts(`${path}/users`, { userId: bob.id }));
    expect(came).toMatchObject([{ name: 'RoomUsersAdded', prevRev: news.rev, rev: news.rev, roomUsers: [] }]);
    expect([...(came[0]!.my as Map<string, number>).keys()]).toEqual([bob.id]);
    const silenced = { silencedUntil: new Date(Date.now() + 60_000).toISOString() };
    expect(await receivedOf(news, () => ana.patches(`${path}/users/${bob.id}`, silenced))).toMatchObject([
      { name: 'RoomUserUpdated', prevRev: news.rev, rev: news.rev },
    ]);
    expect(await receivedOf(news, () => bob.posts(`${path}/leave`))).toMatchObject([
      { name: 'RoomUserRemoved', prevRev: news.rev, rev: news.rev, fence: 1, reason: 'left' },
    ]);
  });

  it('publishes those of its staff to all members', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const news = await ana.opensChannel(bob);
    const path = `/rooms/${news.id}`;
    const rise = await receivedOf(news, () => ana.patches(`${path}/users/${bob.id}`, { permissions: ['can_create_messages'] }));
    expect(rise).toMatchObject([{ name: 'RoomUserUpdated', prevRev: news.rev, rev: news.rev + 1 }]);
    const gone = await receivedOf(news, () => ana.deletes(`${path}/users/${bob.id}`));
    expect(namesOf(gone)).toEqual(['RoomUserRemoved', 'MessagesPosted']);
    expect(gone[0]).toMatchObject({ prevRev: news.rev + 1, rev: news.rev + 2 });
  });
});
