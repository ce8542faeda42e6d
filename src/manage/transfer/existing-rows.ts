import type { Transactions } from '../../database/transactions.js';
import type { RoomType } from '../../room-access/room.types.js';
import { rejectLine } from './reading.js';
import type { NumberedRecord } from './records.js';

export interface KnownMessage {
  id: string;
  seq: number;
  n: number;
  system: boolean;
  deleted: boolean;
}

export interface KnownRoom {
  id: string;
  type: RoomType;
  deleted: boolean;
}

/** The place of a message in its room's count. */
export interface MessagePlace {
  seq: number;
  n: number;
}

/** Finds which rows of a file the database has already. */
export class ExistingRows {
  constructor(private readonly transactions: Transactions) {}

  findUserIds(ids: Iterable<string>): Promise<Set<string>> {
    return this.findKeys(`SELECT id AS key FROM users WHERE id = ANY ($1::uuid[])`, [[...new Set(ids)]]);
  }

  /** Rejects a line that names an unknown user in one of the fields. */
  async requireUsers<R>(lines: readonly NumberedRecord<R>[], ...fields: (keyof R & string)[]): Promise<void> {
    const idsIn = (record: R, field: keyof R): string[] => [record[field] ?? []].flat() as string[];
    const known = await this.findUserIds(lines.flatMap(({ record }) => fields.flatMap((field) => idsIn(record, field))));
    for (const { number, record } of lines) {
      for (const field of fields) {
        if (idsIn(record, field).every((id) => known.has(id))) continue;
        rejectLine(number, field, Array.isArray(record[field]) ? 'names an unknown user' : 'is an unknown user');
      }
    }
  }

  findUsernames(usernames: readonly string[]): Promise<Set<string>> {
    return this.findKeys(`SELECT username AS key FROM users WHERE username = ANY ($1::text[])`, [usernames]);
  }

  /** Finds external identities, as {@link identityKey}. */
  async findIdentities(identities: readonly { issuer: string; subject: string }[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ issuer: string; subject: string }>(
      `SELECT u.external_issuer AS issuer, u.external_subject AS subject FROM unnest($1::text[], $2::text[]) x (issuer, subject)
       JOIN users u ON u.external_issuer = x.issuer AND u.external_subject = x.subject`,
      [identities.map(({ issuer }) => issuer), identities.map(({ subject }) => subject)],
    );
    return new Set(rows.map(identityKey));
  }

  async hasBlock({ userId, blockedId }: { userId: string; blockedId: string }): Promise<boolean> {
    const sql = `SELECT user_id AS key FROM blocks WHERE user_id = $1 AND blocked_id = $2`;
    return (await this.findKeys(sql, [userId, blockedId])).size > 0;
  }

  async findRooms(ids: readonly string[]): Promise<Map<string, KnownRoom>> {
    const rows = await this.transactions.query<KnownRoom>(
      `SELECT id, type, deleted_at IS NOT NULL AS deleted FROM rooms WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Finds the private rooms of these pairs that are not deleted, as {@link pairKey}. */
  async findPrivateRooms(pairs: readonly RoomPair[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ low: string; high: string; teamId: string | null }>(
      `SELECT r.user_low AS low, r.user_high AS high, r.team_id AS "teamId"
       FROM unnest($1::uuid[], $2::uuid[]) x (a, b)
       JOIN rooms r ON r.user_low = least(x.a, x.b) AND r.user_high = greatest(x.a, x.b) AND r.type = 'private_messages' AND r.deleted_at IS NULL`,
      [pairs.map(({ userIds }) => userIds[0]), pairs.map(({ userIds }) => userIds[1])],
    );
    return new Set(rows.map(({ low, high, teamId }) => pairKey({ userIds: [low, high], teamId })));
  }

  async findMessages(roomId: string, ids: Iterable<string>): Promise<Map<string, KnownMessage>> {
    const rows = await this.transactions.query<KnownMessage>(
      `SELECT id, seq, n, type = 'system' AS system, deleted_at IS NOT NULL AS deleted FROM messages
       WHERE room_id = $1 AND id = ANY ($2::uuid[])`,
      [roomId, [...new Set(ids)]],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  findMemberIds(roomId: string, userIds: readonly string[]): Promise<Set<string>> {
    return this.findKeys(`SELECT user_id AS key FROM room_users WHERE room_id = $1 AND user_id = ANY ($2::uuid[])`, [roomId, userIds]);
  }

  async hasOwner(roomId: string): Promise<boolean> {
    return (await this.findKeys(`SELECT user_id AS key FROM room_users WHERE room_id = $1 AND role = 'owner'`, [roomId])).size > 0;
  }

  /** Finds the place of the newest message of each user in the room. */
  async findNewestPlaces(roomId: string, userIds: readonly string[]): Promise<Map<string, MessagePlace>> {
    const rows = await this.transactions.query<MessagePlace & { id: string }>(
      `SELECT x.id, m.seq, m.n FROM unnest($2::uuid[]) AS x (id) CROSS JOIN LATERAL (
         SELECT seq, n FROM messages WHERE user_id = x.id AND room_id = $1 AND type <> 'system' ORDER BY seq DESC LIMIT 1) m`,
      [roomId, userIds],
    );
    return new Map(rows.map(({ id, seq, n }) => [id, { seq, n }]));
  }

  /** Finds rooms that have members but not the owner that each needs. At most 10. */
  findRoomIdsWithoutOwner(): Promise<Set<string>> {
    return this.findKeys(
      `SELECT r.id AS key FROM rooms r JOIN room_heads h ON h.room_id = r.id AND h.member_count > 0
       WHERE r.deleted_at IS NULL AND r.type <> 'private_messages'
         AND NOT EXISTS (SELECT 1 FROM room_users ru WHERE ru.room_id = r.id AND ru.role = 'owner') ORDER BY r.id LIMIT 10`,
      [],
    );
  }

  private async findKeys(sql: string, parameters: readonly unknown[]): Promise<Set<string>> {
    return new Set((await this.transactions.query<{ key: string }>(sql, parameters)).map(({ key }) => key));
  }
}

/** Returns the lines whose key is not known, the first of each key. */
export function newLines<L extends NumberedRecord<unknown>>(
  lines: readonly L[],
  keyOf: (record: L['record']) => string,
  known: Iterable<string>,
): L[] {
  const seen = new Set(known);
  return lines.filter(({ record }) => !seen.has(keyOf(record)) && seen.add(keyOf(record)));
}

export const identityKey = ({ issuer, subject }: { issuer: string; subject: string }): string => JSON.stringify([issuer, subject]);

interface RoomPair {
  userIds: readonly string[];
  teamId: string | null;
}

export const pairKey = ({ userIds, teamId }: RoomPair): string => [teamId ?? '', ...userIds.toSorted()].join(' ');
