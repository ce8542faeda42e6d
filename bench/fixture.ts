import { createHmac, randomUUID } from 'node:crypto';
import type { Database } from './database.js';

/** Everybody in the bench signs with it. */
export const SECRET = 'a secret for measurements alone, long enough';
/** About a hundred bytes, as most chat messages. */
export const TEXT = 'Hello there, this is a chat message body of around one hundred bytes, as most chat messages are short.';

const numbered = (family: string, n: number): string => `00000000-0000-4000-${family}-${String(n).padStart(12, '0')}`;
export const roomId = (n: number): string => numbered('8000', n);
export const userId = (n: number): string => numbered('9000', n);
export const sessionId = (n: number): string => numbered('a000', n);

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An access token of person n, good for a day. */
export function tokenOf(n: number): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    typ: 'access',
    sub: userId(n),
    sid: sessionId(n),
    jti: randomUUID(),
    iat,
    exp: iat + 86_400,
    iss: 'parley',
    aud: 'parley',
  };
  const signed = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const ID = (family: string, n: string): string => `('00000000-0000-4000-${family}-' || lpad((${n})::text, 12, '0'))::uuid`;

/** People 0 … count-1, each with one session. */
export async function insertUsers(database: Database, count: number): Promise<void> {
  await database.query(
    `INSERT INTO users (id, username, display_name, friend_requests, direct_messages, group_invites, presence, read_receipts)
     SELECT ${ID('9000', 'i')}, 'person.' || i, 'Person ' || i, 'everyone', 'friends', 'friends', 'friends', true
     FROM generate_series(0, $1 - 1) i ON CONFLICT DO NOTHING`,
    [count],
  );
  await database.query(
    `INSERT INTO sessions (id, user_id, expires_at) SELECT ${ID('a000', 'i')}, ${ID('9000', 'i')}, now() + interval '1 day'
     FROM generate_series(0, $1 - 1) i ON CONFLICT DO NOTHING`,
    [count],
  );
}

export interface RoomRange {
  /** The number of the first room, and how many follow. */
  first: number;
  count: number;
  members: number;
  /** SQL: the number of the person in place `p` of room `r` (both from 0). */
  person: string;
  type?: 'group' | 'channel' | 'team';
}

/** Rooms with their members; the person in place 0 owns. */
export async function insertRooms(database: Database, { first, count, members, person, type = 'group' }: RoomRange): Promise<void> {
  await database.query(
    `INSERT INTO rooms (id, type, name, created_by) SELECT ${ID('8000', '$1::int + r')}, $3, 'Room ' || r, ${ID('9000', person.replaceAll('p', '0'))}
     FROM generate_series(0, $2::int - 1) r`,
    [first, count, type],
  );
  await database.query(
    `INSERT INTO room_heads (room_id, member_count) SELECT ${ID('8000', '$1::int + r')}, $3::int FROM generate_series(0, $2::int - 1) r`,
    [first, count, members],
  );
  await database.query(
    `INSERT INTO room_users (room_id, user_id, role) SELECT ${ID('8000', '$1::int + r')}, ${ID('9000', person)}, CASE p WHEN 0 THEN 'owner' ELSE 'member' END
     FROM generate_series(0, $2::int - 1) r, generate_series(0, $3::int - 1) p`,
    [first, count, members],
  );
  await database.query('ANALYZE rooms, room_heads, room_users, users, sessions');
}

/** The tables of the yardsticks: a thousand rooms, and messages as a short tutorial would keep them. */
export async function createBaselines(database: Database): Promise<void> {
  await database.query(`
    CREATE SCHEMA yard;
    CREATE TABLE yard.rooms (id uuid PRIMARY KEY, type text NOT NULL DEFAULT 'group', last_seq bigint NOT NULL DEFAULT 0, last_message_at timestamptz) WITH (fillfactor = 50);
    CREATE TABLE yard.room_members (room_id uuid NOT NULL, user_id uuid NOT NULL, role text NOT NULL DEFAULT 'member', PRIMARY KEY (room_id, user_id));
    CREATE TABLE yard.messages (id uuid PRIMARY KEY, room_id uuid NOT NULL, seq bigint NOT NULL, sender_id uuid NOT NULL,
      type text NOT NULL DEFAULT 'text', body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (room_id, seq));
    INSERT INTO yard.rooms (id) SELECT ${ID('8000', 'i')} FROM generate_series(1, 1000) i;
    INSERT INTO yard.room_members (room_id, user_id) SELECT ${ID('8000', 'r')}, ${ID('9000', 'u')} FROM generate_series(1, 51) r, generate_series(5000, 5599) u;
    ANALYZE yard.rooms, yard.room_members`);
}

const PG_ID = (family: string, variable: string): string => `('00000000-0000-4000-${family}-' || lpad(:${variable}::text, 12, '0'))::uuid`;

/** pgbench: one row, no number, nobody asked. The measure of what the disk and the protocol allow. */
export const INSERT_ONE = `\\set r random(1, 1000)
\\set u random(1, 5000)
INSERT INTO yard.messages (id, room_id, seq, sender_id, body) VALUES (gen_random_uuid(), ${PG_ID('8000', 'r')}, (random() * 9e18)::bigint, ${PG_ID('9000', 'u')}, '${TEXT}');
`;

/** pgbench: the next number of one room and the row, in one statement. */
export const INSERT_HOT = `\\set r 1000
\\set u random(1, 5000)
WITH s AS (UPDATE yard.rooms SET last_seq = last_seq + 1, last_message_at = now() WHERE id = ${PG_ID('8000', 'r')} RETURNING id, last_seq)
INSERT INTO yard.messages (id, room_id, seq, sender_id, body) SELECT gen_random_uuid(), s.id, s.last_seq, ${PG_ID('9000', 'u')}, '${TEXT}' FROM s RETURNING id, seq, created_at;
`;
