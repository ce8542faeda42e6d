import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Person, World } from '../support/world.js';

// Random actions at once on two servers: no 5xx, no deadlock, and consistent rows of every room.

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start({ PRIVACY_GROUP_INVITES: 'everyone', PRIVACY_DIRECT_MESSAGES: 'everyone' });
  db = await world.database();
});

afterAll(() => world?.stop());

/** Pseudo-random numbers, the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

it.each([1, 2, 3])(
  'rooms stay consistent under concurrent actions (seed %d)',
  async (seed) => {
    const people = Object.values<Person>(await world.people('ana', 'bob', 'cid', 'dan', 'eva'));
    const second = seed === 1 ? await world.node() : undefined;
    const [owner, ...others] = people as [Person, ...Person[]];
    const room = await owner.posts('/rooms', { type: 'group', isPublic: true, userIds: others.slice(0, 2).map(({ id }) => id) });
    const path = `/rooms/${room.id}`;
    const roll = dice(seed);
    const acts: ((actor: Person, target: Person) => [string, string, unknown?])[] = [
      () => ['POST', `${path}/messages`, { text: 'hello' }],
      () => ['POST', `${path}/messages`, { text: '@all' }],
      () => ['PUT', `${path}/users/me/read`, { seq: roll(40) }],
      () => ['PATCH', `${path}/users/me`, { muted: roll(2) === 0 }],
      (_, target) => ['POST', `${path}/users`, { userId: target.id }],
      (_, target) => ['DELETE', `${path}/users/${target.id}`],
      (_, target) => ['PATCH', `${path}/users/${target.id}`, { role: roll(2) ? 'admin' : 'member' }],
      (_, target) => ['PUT', `${path}/bans/${target.id}`, {}],
      (_, target) => ['DELETE', `${path}/bans/${target.id}`],
      (_, target) => ['PUT', `${path}/owner`, { userId: target.id }],
      () => ['PATCH', path, { name: `name ${roll(3)}` }],
      () => ['POST', `${path}/join`],
      () => ['POST', `${path}/join`],
      () => ['POST', `${path}/leave`],
      (_, target) => ['POST', '/rooms', { type: 'private_messages', userIds: [target.id] }],
      (_, target) => [roll(2) ? 'PUT' : 'DELETE', `/users/me/blocks/${target.id}`],
      () => ['GET', '/rooms'],
    ];
    for (let wave = 0; wave < 10; wave++) {
      const answers = await Promise.all(
        Array.from({ length: 24 }, () => {
          const [actor, target] = [people[roll(people.length)]!, people[roll(people.length)]!];
          const [method, url, body] = acts[roll(acts.length)]!(actor, target);
          return actor
            .call(method, url, body, roll(2) && second ? second : world.app)
            .then(({ status }) => ({ status, what: `${method} ${url}` }));
        }),
      );
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    }
    const { rows } = await db.query(
      `SELECT r.id, h.member_count AS counted, count(ru.user_id)::int AS members, count(*) FILTER (WHERE ru.role = 'owner')::int AS owners,
       h.last_seq::int AS last_seq, (SELECT count(*)::int FROM messages m WHERE m.room_id = r.id) AS messages, r.type,
       h.rev::int AS rev, (SELECT max(rev)::int FROM room_changes c WHERE c.room_id = r.id) AS logged,
       count(b.user_id)::int AS banned_inside
     FROM rooms r JOIN room_heads h ON h.room_id = r.id JOIN room_users ru ON ru.room_id = r.id
     LEFT JOIN room_bans b ON b.room_id = r.id AND b.user_id = ru.user_id
     WHERE r.deleted_at IS NULL GROUP BY r.id, h.room_id`,
    );
    for (const one of rows) {
      expect(one).toMatchObject({ members: one.counted, owners: one.type === 'private_messages' ? 0 : 1, banned_inside: 0 });
      expect(one).toMatchObject({ messages: one.last_seq, logged: one.rev });
    }
    const deadlocks = await db.query(`SELECT deadlocks::int AS deadlocks FROM pg_stat_database WHERE datname = current_database()`);
    expect(deadlocks.rows).toEqual([{ deadlocks: 0 }]);
    const pairs = await db.query(`SELECT user_low, user_high FROM rooms WHERE type = 'private_messages' AND deleted_at IS NULL`);
    expect(new Set(pairs.rows.map(({ user_low, user_high }) => `${user_low} ${user_high}`)).size).toBe(pairs.rows.length);
  },
  60_000,
);
