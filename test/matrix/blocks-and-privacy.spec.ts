import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReceivedEvent } from '../support/test-socket.js';
import { type Person, World } from '../support/world.js';
import { PairFixture, plainOf, type PairRelation } from './support/pair-fixture.js';
import { ACTS } from './support/between.acts.js';
import { type BetweenRow, ROWS } from './support/between.rows.js';

// A block gives the blocked user what privacy `nobody` gives every user, and does not reveal itself: the same answers to every call, the same
// events.

let world: World;
let pairs: Record<PairRelation, PairFixture>;
const receivedAtParting = {} as Record<PairRelation, ReceivedEvent[]>;

beforeAll(async () => {
  world = await World.shared();
  pairs = {
    free: await PairFixture.meet(world, 'free'),
    blocked: await PairFixture.meet(world, 'blocked'),
    nobody: await PairFixture.meet(world, 'nobody'),
    blocking: await PairFixture.meet(world, 'blocking'),
  };
  for (const pair of Object.values(pairs)) receivedAtParting[pair.state] = await pair.part();
}, 60_000);
afterAll(() => world?.stop());

interface Received {
  word: string;
  payload: unknown;
}

async function tried(row: BetweenRow, pair: PairFixture): Promise<Received> {
  const answer = await row.ask(pair);
  const { status, body } =
    'ok' in answer ? { status: answer.ok ? 200 : answer.error.status, body: answer.ok ? answer : answer.error } : answer;
  const { requestId: _, ...payload } = Object(body);
  const word = status < 300 ? String(row.receivers?.(body) ?? status) : `${status} ${body.reason ?? body.code}`;
  return { word, payload: pair.plain(payload) };
}

const plainly = (pair: PairFixture, received: readonly ReceivedEvent[]) =>
  received.map(({ event, payload }) => [event, pair.plain(payload)]);

it('the end of a relation sends the same events, whether by a block or by privacy `nobody`', () => {
  const { blocked, nobody } = pairs;
  expect(plainly(blocked, receivedAtParting.blocked)).toEqual(plainly(nobody, receivedAtParting.nobody));
  expect(receivedAtParting.blocked.map(({ event }) => event).toSorted()).toEqual(['friend:removed', 'presence']);
});

describe('their actions send events to others, and', () => {
  it.each(ACTS.map((act) => ({ title: `${act.what} ${act.shut ? 'also' : 'not'} between a blocked pair`, act })))(
    '$title',
    async ({ act }) => {
      const received = {} as Record<PairRelation, ReceivedEvent[]>;
      for (const pair of Object.values(pairs)) {
        const from = pair.sockets.me.received.length;
        await act.does(pair);
        received[pair.state] = (await pair.since(from)).filter(({ event, payload }) => act.isIt(pair, event, payload));
      }
      const { free, blocked, nobody, blocking } = received;
      expect(free.length).toBeGreaterThan(0);
      expect([blocked.length > 0, blocking.length > 0]).toEqual([act.shut, act.shut]);
      if (!act.byBlock) expect(plainly(pairs.blocked, blocked)).toEqual(plainly(pairs.nobody, nobody));
    },
  );
});

describe('answers to the blocked, to users under privacy `nobody`, to the blocker, to all others', () => {
  it.each(ROWS.map((row) => ({ what: row.what, row })))('$what', async ({ row }) => {
    const [free, blocked, blocking] = [await tried(row, pairs.free), await tried(row, pairs.blocked), await tried(row, pairs.blocking)];
    expect({ free: free.word, shut: blocked.word, blocking: blocking.word }).toEqual({
      free: row.free,
      shut: row.shut,
      blocking: row.blocking,
    });
    // What nothing but a block refuses, is refused in the words of the other refusals.
    const neutral = row.byBlock ? await tried(ROWS[0]!, pairs.nobody) : await tried(row, pairs.nobody);
    expect(blocked.payload).toEqual(neutral.payload);
  });
});

describe('once the block is lifted', () => {
  it('sends the same events as the end of privacy `nobody`', async () => {
    const { blocked, nobody } = pairs;
    const [lifted, opened] = [await blocked.reconcile(), await nobody.reconcile()];
    expect(plainly(blocked, lifted)).toEqual(plainly(nobody, opened));
    expect(lifted.map(({ event }) => event)).toEqual(['presence']);
  });

  it('there is a private room again', async () => {
    const { me, other, ids } = pairs.blocked;
    ids.old = (await me.posts('/rooms', { type: 'private_messages', userIds: [other.id] })).id;
    for (const [who, by] of Object.entries({ mine: me, theirs: other })) ids[`${who} in old`] = (await by.sends({ id: ids.old! }, who)).id;
  });

  it.each(ROWS.filter((row) => row.free !== row.shut).map((row) => ({ what: row.what, row })))('$what', async ({ row }) => {
    expect((await tried(row, pairs.blocked)).word).toBe(row.afterwards ?? row.free);
  });
});

describe('a request that hangs between two', () => {
  type Two = Record<'me' | 'other', Person>;
  const blocks = ({ me, other }: Two) => other.puts(`/users/me/blocks/${me.id}`);
  const refuses =
    (verb: 'DELETE' | 'POST', rest: string) =>
    async ({ other }: Two, id: string) => {
      await other.does(verb, `/friend-requests/${id}${rest}`);
      await other.patches('/users/me', { privacy: { friendRequests: 'nobody' } });
    };

  it.each([
    ['mine is rejected', 'me', 'other', refuses('POST', '/reject'), 'friend-request:rejected'],
    ['theirs is taken back', 'other', 'me', refuses('DELETE', ''), 'friend-request:cancelled'],
  ] as const)('%s by a block as by hand', async (_, from, to, byHand, event) => {
    const received = [];
    for (const ends of [blocks, byHand]) {
      const two: Two = { me: await world.person('me'), other: await world.person('other') };
      const socket = await two.me.connects();
      const { id } = await two[from].posts('/friend-requests', { userId: two[to].id });
      await ends(two, id);
      await socket.receives(event);
      await socket.flushes();
      const asked = [
        await two.me.call('POST', '/friend-requests', { userId: two.other.id }),
        await two.me.call('GET', '/friend-requests'),
        await two.me.call('GET', '/friend-requests?direction=sent'),
        await two.me.call('POST', `/friend-requests/${id}/approve`),
        await two.me.call('DELETE', `/friend-requests/${id}`),
        await two.me.call('GET', '/users/me'),
      ];
      expect(asked[0]).toMatchObject({ status: 403, body: { reason: 'privacy' } });
      const answers = asked.map(({ status, body }) => ({ status, body: { ...body, requestId: null } }));
      received.push(
        plainOf({ me: two.me, other: two.other }, {}, { answers, received: socket.received.filter((one) => one.event !== 'ready') }),
      );
    }
    expect(received[0]).toEqual(received[1]);
  });
});
