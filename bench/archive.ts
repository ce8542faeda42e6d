import type { Bench } from './bench.js';
import type { Database } from './database.js';
import type { Helper } from './processes.js';
import { roomId, insertUsers, insertRooms, userId } from './fixture.js';

/** Many old messages, spread over the rooms in turn, as when all rooms are active at once. */
export const ARCHIVE = { rooms: 2_000, members: 50, stride: 5, users: 5_000 };
/** A member of a thousand of the rooms. */
export const READER = { user: 6_000, rooms: 1_000 };

const BATCH_SIZE = 200_000;
const WORDS =
  'time year way day man thing woman life child world school state family student group country problem hand part place case week company system program question work government number night point home water room mother area money story fact month lot right study book eye job word business issue side kind head service friend father power hour game line end member law car city community name president team minute idea kid body information back parent face others level office health art war history party result change morning reason research girl guy moment air teacher force education'.split(
    ' ',
  );

/** SQL: a text of some words, different for each i; one in a thousand has a rare word. */
const TEXT_OF_I = `(SELECT string_agg(($2::text[])[1 + abs(hashint8(i * 31 + w)) % ${WORDS.length}], ' ') FROM generate_series(1, 14) w)
  || CASE WHEN i % 1000 = 7 THEN ' rarity' || i % 50000 ELSE '' END`;
const ID = (family: string, n: string): string => `('00000000-0000-4000-${family}-' || lpad((${n})::text, 12, '0'))::uuid`;

/** Creates a database with this number of messages, of which each member has read some. */
export async function insertArchive(bench: Bench, messages: number): Promise<Database> {
  const database = await bench.database.openOther('archive');
  const { rooms, members, stride, users } = ARCHIVE;
  await insertUsers(database, 7_000);
  await insertRooms(database, { first: 1, count: rooms, members, user: `(r * ${stride} + p) % ${users}` });
  for (let from = 0; from < messages; from += BATCH_SIZE) {
    await database.query(
      `INSERT INTO messages (room_id, seq, id, n, type, text, user_id, created_at)
       SELECT ${ID('8000', `1 + i % ${rooms}`)}, 1 + i / ${rooms}, gen_random_uuid(), 1 + i / ${rooms}, 'text', ${TEXT_OF_I},
         ${ID('9000', `((i % ${rooms}) * ${stride} + (i / ${rooms}) % ${members}) % ${users}`)}, now() - make_interval(secs => $1 - i)
       FROM generate_series($3::bigint, $4::bigint) i`,
      [messages, WORDS, from, Math.min(from + BATCH_SIZE, messages) - 1],
    );
    console.error(`  ${Math.min(from + BATCH_SIZE, messages).toLocaleString('en')} messages`);
  }
  await database.query(
    `UPDATE room_heads h SET last_seq = x.seq, last_n = x.seq, last_at = x.at
     FROM (SELECT room_id, max(seq) AS seq, max(created_at) AS at FROM messages GROUP BY room_id) x WHERE h.room_id = x.room_id`,
  );
  await database.query(
    `INSERT INTO room_users (room_id, user_id, last_read_seq, last_read_n)
     SELECT room_id, $1, last_seq / 2, last_n / 2 FROM room_heads ORDER BY room_id LIMIT $2`,
    [userId(READER.user), READER.rooms],
  );
  await database.query('VACUUM ANALYZE');
  return database;
}

/** Fills the search index with the application's service, as its indexer does, but builds the index of grams at the end. */
export async function indexArchive(database: Database, indexer: Helper): Promise<void> {
  const [index] = await database.query<{ indexdef: string }>(
    `SELECT indexdef FROM pg_indexes WHERE indexname = 'message_search_grams_idx'`,
  );
  await database.query('DROP INDEX message_search_grams_idx');
  for (let room = 1; room <= ARCHIVE.rooms; room++) {
    const messages = await database.query(
      `SELECT room_id AS "roomId", seq::int, user_id AS "userId", created_at AS "createdAt", false AS "hasMedia", text
       FROM messages WHERE room_id = $1 ORDER BY seq`,
      [roomId(room)],
    );
    for (let from = 0; from < messages.length; from += 1_000) await indexer.ask('index', messages.slice(from, from + 1_000));
    if (room % 200 === 0) console.error(`  ${room} of ${ARCHIVE.rooms} rooms indexed`);
  }
  await database.query(index!.indexdef);
  await database.query(`INSERT INTO search_marks (room_id, seq) SELECT room_id, last_seq FROM room_heads`);
  await database.query('VACUUM ANALYZE message_search, search_marks');
}
