import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { RunningApp } from '../support/app.js';
import { World } from '../support/world.js';
import { faultsIn } from './support/legal-state.js';
import { at, ENDINGS, MESSAGES, OWNERS, payload, sends, type RaceSetup, member, MEMBERSHIPS, there } from './support/races.js';

// Two calls at the same moment, on two nodes, again and again: both answers are among those that one after the other could give, nothing is
// a 5xx, and the state afterwards is legal.

let world: World;
let other: RunningApp;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  other = await world.node();
  db = await world.database();
});

afterAll(() => world?.stop());

afterEach(async () => {
  expect(await faultsIn(db)).toEqual([]);
});

/** RACE_ROUNDS makes it as long as one likes. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 6);

type People = Pick<RaceSetup, 'ana' | 'bob' | 'cid' | 'dan'>;

async function people(): Promise<People> {
  const all = await world.people('ana', 'bob', 'cid', 'dan');
  await all.ana.befriends(all.bob, all.cid, all.dan);
  await all.bob.befriends(all.dan);
  return all;
}

async function scene(among: People, room: object = {}): Promise<RaceSetup> {
  const { ana, bob, cid } = among;
  const { id } = await ana.posts('/rooms', { type: 'group', ...room, userIds: [bob.id, cid.id] });
  await ana.patches(`/rooms/${id}/users/${bob.id}`, { role: 'admin' });
  const message = await cid.sends({ id }, 'a message');
  return { ...among, room: id, message: message.id, other, db };
}

describe.each([
  ['what ends the right to speak', ENDINGS],
  ['the members of a room', MEMBERSHIPS],
  ['who owns it', OWNERS],
  ['what becomes of a message', MESSAGES],
])('%s', (_, races) => {
  it.each(races)('$title', async (race) => {
    const lasting = race.mortal ? null : await people();
    for (let round = 0; round < ROUNDS; round++) {
      const s = await scene(lasting ?? (await people()), race.room);
      await race.before?.(s);
      const first = round % 2 === 0;
      const [one, two] = first ? [race.here(s), race.there(s)] : [race.there(s), race.here(s)].reverse();
      const answers = [await one!, await two!] as const;
      expect(race.legal).toContainEqual(answers);
      await race.after?.(s, ...answers);
    }
  });
});

it('a refresh against a logout: the session has ended, whoever was first', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const eve = await world.person('eve');
    const [fresh] = await Promise.all([
      eve.call('POST', '/auth/refresh', { refreshToken: eve.refreshToken }),
      eve.call('POST', '/auth/logout', undefined, other).then(({ status }) => expect(status).toBe(204)),
    ]);
    expect([200, 401]).toContain(fresh.status);
    for (const token of [eve.accessToken, fresh.body.accessToken ?? eve.accessToken]) {
      eve.accessToken = token;
      expect(await eve.statusOf('GET', '/users/me')).toBe('401 session_ended');
    }
  }
});

it('some of everything at once, again and again, leave a legal room', async () => {
  const s = await scene(await people(), { isPublic: true });
  const like = encodeURIComponent('👍');
  for (let round = 0; round < 20; round++) {
    const adds = round % 2 === 0;
    const answers = await Promise.all([
      sends(s, s.cid),
      there(s, s.bob, adds ? 'POST' : 'DELETE', adds ? at(s, '/users') : member(s, s.dan), adds ? { userId: s.dan.id } : undefined),
      s.dan.statusOf('POST', at(s, round % 3 === 0 ? '/leave' : '/join')),
      there(s, s.ana, 'PUT', at(s, '/owner'), { userId: adds ? s.bob.id : s.cid.id }),
      s.bob.statusOf('PUT', at(s, '/owner'), { userId: s.ana.id }),
      there(s, s.cid, 'PUT', at(s, '/users/me/read'), { seq: round }),
      s.ana.statusOf('POST', payload(s, '/reactions'), { reaction: '👍' }),
      there(s, s.ana, 'DELETE', payload(s, `/reactions?reaction=${like}`)),
    ]);
    expect(answers.filter((answer) => !/^(2|40[349] )/.test(answer))).toEqual([]);
    expect(await faultsIn(db)).toEqual([]);
  }
});
