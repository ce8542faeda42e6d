import { ClientGroup, clientsOfSmallRooms, READY_EVENT, type Bench, type Case, type Measured } from '../bench.js';
import type { Database } from '../database.js';
import type { Finding } from '../measure.js';
import type { ServerProcess } from '../processes.js';
import { roomId, insertRooms, TEXT, tokenOf, userId } from '../fixture.js';

/** One old room of ten members, with all its messages. */
const OLD_ROOM = { number: 10_000, members: 10, owner: 6_500 };
/** A user who owns very many rooms. */
const OWNER = { user: 6_600, first: 20_000, rooms: 2_000 };
const BATCH_SIZE = 100_000;

/** Fills the old room and its search index. All texts are equal: the places in the index are the expensive part. */
async function fill(database: Database, messages: number): Promise<void> {
  const room = roomId(OLD_ROOM.number);
  await insertRooms(database, { first: OLD_ROOM.number, count: 1, members: OLD_ROOM.members, user: `${OLD_ROOM.owner} + p` });
  for (let from = 1; from <= messages; from += BATCH_SIZE) {
    const range = [room, userId(OLD_ROOM.owner), from, Math.min(from + BATCH_SIZE - 1, messages)];
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

/** A large deletion that a user requests. */
interface Deletion {
  path: string;
  user: number;
  /** SQL: returns a row while anything is left. */
  left: string;
}

async function requestDeletion(app: ServerProcess, { path, user }: Deletion): Promise<void> {
  const answer = await fetch(`${app.url}${path}`, { method: 'DELETE', headers: { authorization: `Bearer ${tokenOf(user)}` } });
  if (!answer.ok) throw new Error(`DELETE ${path} → ${answer.status} ${await answer.text()}`);
}

/** Deletions in many steps, beside the sends. */
export const upkeep: Case = {
  name: 'upkeep',
  about: 'sends while a room of a million messages, and an account with 2,000 rooms, are deleted',
  async run(bench: Bench): Promise<Finding[]> {
    const { seconds, rounds } = bench.options;
    const messages = Math.min(bench.options.messages, 1_000_000);
    await fill(bench.database, messages);
    const { first, rooms, user } = OWNER;
    await insertRooms(bench.database, { first, count: rooms, members: 2, user: `${user} + p` });
    const app = await bench.startApplication();
    const group = await ClientGroup.connect(bench, [app], { clients: clientsOfSmallRooms('parley', app), readyEvent: READY_EVENT.parley });
    const deletions: [string, Deletion][] = [
      [
        `a room of ${messages.toLocaleString('en')} messages`,
        {
          path: `/v1/rooms/${roomId(OLD_ROOM.number)}`,
          user: OLD_ROOM.owner,
          left: `SELECT 1 FROM messages WHERE room_id = '${roomId(OLD_ROOM.number)}' LIMIT 1`,
        },
      ],
      [
        `an account with ${rooms.toLocaleString('en')} rooms`,
        { path: '/v1/users/me', user, left: `SELECT 1 FROM room_users WHERE user_id = '${userId(user)}' LIMIT 1` },
      ],
    ];
    const findings: Finding[] = [];
    for (const [name, deletion] of deletions) {
      await group.helper.ask('start', { senders: 50 });
      const before: Measured[] = [];
      for (let round = 0; round < rounds; round++) before.push(await group.window(seconds));
      const start = performance.now();
      await requestDeletion(app, deletion);
      const during: Measured[] = [];
      while ((await bench.database.query(deletion.left)).length > 0) during.push(await group.window(seconds));
      const took = (performance.now() - start) / 1_000;
      await group.helper.ask('end');
      const usual = before.map((window) => window.ackedPerSecond);
      const middle = usual.toSorted((a, b) => a - b)[usual.length >> 1]!;
      findings.push(
        { what: `${name}: deleted in`, unit: 's', values: [took] },
        { what: 'sends acked before', unit: '/s', values: usual },
        { what: 'sends acked meanwhile', unit: '/s', values: during.map((window) => window.ackedPerSecond) },
        { what: 'meanwhile / before', unit: '×', values: during.map((window) => window.ackedPerSecond / middle) },
        { what: 'ack p99 before', unit: 'ms', values: before.map((window) => window.ackMs.p99) },
        { what: 'ack p99 meanwhile', unit: 'ms', values: during.map((window) => window.ackMs.p99) },
      );
    }
    await bench.stopAll(app, group.helper);
    return findings;
  },
};
