import { ClientGroup, everybodyInSmallRooms, GREETING, type Bench, type Case, type Measured } from '../bench.js';
import type { Database } from '../database.js';
import type { Finding } from '../measure.js';
import type { ServerProcess } from '../processes.js';
import { roomId, insertRooms, TEXT, tokenOf, userId } from '../fixture.js';

/** One old room of ten, with all that was ever said in it. */
const OLD_ROOM = { number: 10_000, members: 10, owner: 6_500 };
/** Somebody who sits in very many rooms, and owns each. */
const JOINER = { person: 6_600, first: 20_000, rooms: 2_000 };
const AT_ONCE = 100_000;

/** Fills the old room, and its index. The words are the same everywhere: where they lie in the index is the dear part. */
async function fill(database: Database, messages: number): Promise<void> {
  const room = roomId(OLD_ROOM.number);
  await insertRooms(database, { first: OLD_ROOM.number, count: 1, members: OLD_ROOM.members, person: `${OLD_ROOM.owner} + p` });
  for (let from = 1; from <= messages; from += AT_ONCE) {
    const range = [room, userId(OLD_ROOM.owner), from, Math.min(from + AT_ONCE - 1, messages)];
    await database.query(
      `INSERT INTO messages (room_id, seq, id, n, type, text, user_id, created_at)
       SELECT $1, i, gen_random_uuid(), i, 'text', $5, $2, now() - interval '1 year' FROM generate_series($3::bigint, $4::bigint) i`,
      [...range, TEXT],
    );
    await database.query(
      `INSERT INTO message_search (room_id, seq, user_id, sent_at, normal, grams)
       SELECT $1, i, $2, now() - interval '1 year', $5, to_tsvector('simple', $5) FROM generate_series($3::bigint, $4::bigint) i`,
      [...range, TEXT],
    );
  }
  await database.query(`UPDATE room_heads SET last_seq = $2, last_n = $2, last_at = now() WHERE room_id = $1`, [room, messages]);
  await database.query(`INSERT INTO search_marks (room_id, seq) VALUES ($1, $2)`, [room, messages]);
  await database.query('VACUUM ANALYZE messages, message_search');
}

/** A large thing to do that somebody asks for. */
interface Chore {
  ask: string;
  person: number;
  /** SQL: how much of it is left. */
  left: string;
}

async function demand(app: ServerProcess, { ask, person }: Chore): Promise<void> {
  const answer = await fetch(`${app.url}${ask}`, { method: 'DELETE', headers: { authorization: `Bearer ${tokenOf(person)}` } });
  if (!answer.ok) throw new Error(`DELETE ${ask} → ${answer.status} ${await answer.text()}`);
}

/** What must be taken away in many steps, beside the sends. */
export const upkeep: Case = {
  name: 'upkeep',
  about: 'sends while a room of a million messages, and an account with 2,000 rooms, are removed',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds, rounds } = bench.options;
    const messages = Math.min(bench.options.messages, 1_000_000);
    await fill(bench.database, messages);
    const { first, rooms, person } = JOINER;
    await insertRooms(bench.database, { first, count: rooms, members: 2, person: `${person} + p` });
    const app = await bench.application();
    const crowd = await ClientGroup.gather(bench, [app], { clients: everybodyInSmallRooms('parley', app), greeting: GREETING.parley });
    const chores: [string, Chore][] = [
      [
        `a room of ${messages.toLocaleString('en')} messages`,
        {
          ask: `/v1/rooms/${roomId(OLD_ROOM.number)}`,
          person: OLD_ROOM.owner,
          left: `SELECT 1 FROM messages WHERE room_id = '${roomId(OLD_ROOM.number)}' LIMIT 1`,
        },
      ],
      [
        `an account with ${rooms.toLocaleString('en')} rooms`,
        { ask: '/v1/users/me', person, left: `SELECT 1 FROM room_users WHERE user_id = '${userId(person)}' LIMIT 1` },
      ],
    ];
    const findings: Finding[] = [];
    for (const [name, chore] of chores) {
      await crowd.helper.ask('start', { senders: 50 });
      const before: Measured[] = [];
      for (let round = 0; round < rounds; round++) before.push(await crowd.window(seconds));
      const start = performance.now();
      await demand(app, chore);
      const during: Measured[] = [];
      while ((await bench.database.query(chore.left)).length > 0) during.push(await crowd.window(seconds));
      const took = (performance.now() - start) / 1_000;
      await crowd.helper.ask('end');
      const usual = before.map((window) => window.ackedPerSecond);
      const middle = usual.toSorted((a, b) => a - b)[usual.length >> 1]!;
      findings.push(
        { what: `${name}: removed in`, unit: 's', values: [took] },
        { what: 'sends acked before', unit: '/s', values: usual },
        { what: 'sends acked meanwhile', unit: '/s', values: during.map((window) => window.ackedPerSecond) },
        { what: 'meanwhile / before', unit: '×', values: during.map((window) => window.ackedPerSecond / middle) },
        { what: 'ack p99 before', unit: 'ms', values: before.map((window) => window.ackMs.p99) },
        { what: 'ack p99 meanwhile', unit: 'ms', values: during.map((window) => window.ackMs.p99) },
      );
    }
    await bench.forget(app, crowd.helper);
    return findings;
  },
};
