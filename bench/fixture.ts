import { createHmac, randomUUID } from 'node:crypto';
import type { Database } from './database.js';

/** The secret of all tokens in the bench. */
export const SECRET = 'a long secret for measurements only';
/** About a hundred bytes, as most chat messages. */
export const TEXT = 'Hello there, this is a chat message body of around one hundred bytes, as most chat messages are short.';

const numbered = (family: string, n: number): string => `00000000-0000-4000-${family}-${String(n).padStart(12, '0')}`;
export const roomId = (n: number): string => numbered('8000', n);
export const userId = (n: number): string => numbered('9000', n);
export const sessionId = (n: number): string => numbered('a000', n);

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns an access token of user n, valid for a day. */
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

/** Inserts the users 0 to count - 1, each with a session. */
export async function insertUsers(database: Database, count: number): Promise<void> {
  await database.query(
    `INSERT INTO users (id, username, display_name, friend_requests, direct_messages, group_invites, presence, read_receipts)
     SELECT ${ID('9000', 'i')}, 'user.' || i, 'User ' || i, 'everyone', 'friends', 'friends', 'friends', true
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
  /** SQL: the number of the user who is member `p` of room `r` (both from 0). */
  user: string;
  type?: 'group' | 'channel' | 'team';
}

/** Inserts rooms with their members; member 0 is the owner. */
export async function insertRooms(database: Database, { first, count, members, user, type = 'group' }: RoomRange): Promise<void> {
  await database.query(
    `INSERT INTO rooms (id, type, name, created_by) SELECT ${ID('8000', '$1::int + r')}, $3, 'Room ' || r, ${ID('9000', user.replaceAll('p', '0'))}
     FROM generate_series(0, $2::int - 1) r`,
    [first, count, type],
  );
  await database.query(
    `INSERT INTO room_heads (room_id, member_count) SELECT ${ID('8000', '$1::int + r')}, $3::int FROM generate_series(0, $2::int - 1) r`,
    [first, count, members],
  );
  await database.query(
    `INSERT INTO room_users (room_id, user_id, role) SELECT ${ID('8000', '$1::int + r')}, ${ID('9000', user)}, CASE p WHEN 0 THEN 'owner' ELSE 'member' END
     FROM generate_series(0, $2::int - 1) r, generate_series(0, $3::int - 1) p`,
    [first, count, members],
  );
  await database.query('ANALYZE rooms, room_heads, room_users, users, sessions');
}

/** Creates the tables of the baselines: a thousand rooms, and messages as a short tutorial would store them. */
export async function createBaselines(database: Database): Promise<void> {
  await database.query(`
    CREATE SCHEMA baseline;
    CREATE TABLE baseline.rooms (id uuid PRIMARY KEY, type text NOT NULL DEFAULT 'group', last_seq bigint NOT NULL DEFAULT 0, last_message_at timestamptz) WITH (fillfactor = 50);
    CREATE TABLE baseline.room_members (room_id uuid NOT NULL, user_id uuid NOT NULL, role text NOT NULL DEFAULT 'member', PRIMARY KEY (room_id, user_id));
    CREATE TABLE baseline.messages (id uuid PRIMARY KEY, room_id uuid NOT NULL, seq bigint NOT NULL, sender_id uuid NOT NULL,
      type text NOT NULL DEFAULT 'text', body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (room_id, seq));
    INSERT INTO baseline.rooms (id) SELECT ${ID('8000', 'i')} FROM generate_series(1, 1000) i;
    INSERT INTO baseline.room_members (room_id, user_id) SELECT ${ID('8000', 'r')}, ${ID('9000', 'u')} FROM generate_series(1, 51) r, generate_series(5000, 5599) u;
    ANALYZE baseline.rooms, baseline.room_members`);
}

const PG_ID = (family: string, variable: string): string => `('00000000-0000-4000-${family}-' || lpad(:${variable}::text, 12, '0'))::uuid`;

/** pgbench: one row, without a number or an access check. Measures what the disk and the protocol allow. */
export const INSERT_ONE = `\\set r random(1, 1000)
\\set u random(1, 5000)
INSERT INTO baseline.messages (id, room_id, seq, sender_id, body) VALUES (gen_random_uuid(), ${PG_ID('8000', 'r')}, (random() * 9e18)::bigint, ${PG_ID('9000', 'u')}, '${TEXT}');
`;

/** pgbench: the next number of one room and the row, in one statement. */
export const INSERT_HOT = `\\set r 1000
\\set u random(1, 5000)
WITH s AS (UPDATE baseline.rooms SET last_seq = last_seq + 1, last_message_at = now() WHERE id = ${PG_ID('8000', 'r')} RETURNING id, last_seq)
INSERT INTO baseline.messages (id, room_id, seq, sender_id, body) SELECT gen_random_uuid(), s.id, s.last_seq, ${PG_ID('9000', 'u')}, '${TEXT}' FROM s RETURNING id, seq, created_at;
`;
