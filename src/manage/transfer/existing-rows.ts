import type { Transactions } from '../../database/transactions.js';
import type { RoomType } from '../../room-access/room.types.js';

/** A message that is here. */
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

/** What the database holds of what a file names. */
export class ExistingRows {
  constructor(private readonly transactions: Transactions) {}

  async users(ids: Iterable<string>): Promise<Set<string>> {
    const rows = await this.transactions.query<{ id: string }>(`SELECT id FROM users WHERE id = ANY ($1::uuid[])`, [[...new Set(ids)]]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Those of the usernames that somebody has. */
  async usernames(names: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ username: string }>(`SELECT username FROM users WHERE username = ANY ($1::text[])`, [
      names,
    ]);
    return new Set(rows.map(({ username }) => username));
  }

  /** Those of the identities at other services that somebody has, as {@link identityKey}. */
  async identities(identities: readonly { issuer: string; subject: string }[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ issuer: string; subject: string }>(
      `SELECT u.external_issuer AS issuer, u.external_subject AS subject FROM unnest($1::text[], $2::text[]) x (issuer, subject)
       JOIN users u ON u.external_issuer = x.issuer AND u.external_subject = x.subject`,
      [identities.map(({ issuer }) => issuer), identities.map(({ subject }) => subject)],
    );
    return new Set(rows.map(identityKey));
  }

  async rooms(ids: readonly string[]): Promise<Map<string, KnownRoom>> {
    const rows = await this.transactions.query<KnownRoom>(
      `SELECT id, type, deleted_at IS NOT NULL AS deleted FROM rooms WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The living private rooms of these pairs, by {@link pairKey}. */
  async privateRooms(pairs: readonly { userIds: readonly string[]; teamId: string | null }[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ low: string; high: string; teamId: string | null }>(
      `SELECT r.user_low AS low, r.user_high AS high, r.team_id AS "teamId"
       FROM unnest($1::uuid[], $2::uuid[]) x (a, b)
       JOIN rooms r ON r.user_low = least(x.a, x.b) AND r.user_high = greatest(x.a, x.b) AND r.type = 'private_messages' AND r.deleted_at IS NULL`,
      [pairs.map(({ userIds }) => userIds[0]), pairs.map(({ userIds }) => userIds[1])],
    );
    return new Set(rows.map(({ low, high, teamId }) => pairKey({ userIds: [low, high], teamId })));
  }

  async messages(roomId: string, ids: Iterable<string>): Promise<Map<string, KnownMessage>> {
    const rows = await this.transactions.query<KnownMessage>(
      `SELECT id, seq, n, type = 'system' AS system, deleted_at IS NOT NULL AS deleted FROM messages
       WHERE room_id = $1 AND id = ANY ($2::uuid[])`,
      [roomId, [...new Set(ids)]],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async seated(roomId: string, userIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT user_id AS id FROM room_users WHERE room_id = $1 AND user_id = ANY ($2::uuid[])`,
      [roomId, userIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async hasOwner(roomId: string): Promise<boolean> {
    const rows = await this.transactions.query(`SELECT 1 FROM room_users WHERE room_id = $1 AND role = 'owner'`, [roomId]);
    return rows.length > 0;
  }

  /** Where the newest message of each person in the room stands. */
  async newestOf(roomId: string, userIds: readonly string[]): Promise<Map<string, MessagePlace>> {
    const rows = await this.transactions.query<MessagePlace & { id: string }>(
      `SELECT x.id, m.seq, m.n FROM unnest($2::uuid[]) AS x (id) CROSS JOIN LATERAL (
         SELECT seq, n FROM messages WHERE user_id = x.id AND room_id = $1 AND type <> 'system' ORDER BY seq DESC LIMIT 1) m`,
      [roomId, userIds],
    );
    return new Map(rows.map(({ id, seq, n }) => [id, { seq, n }]));
  }

  /** Rooms with members, and without the owner that each must have. At most 10. */
  async ownerless(): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT r.id FROM rooms r JOIN room_heads h ON h.room_id = r.id AND h.member_count > 0
       WHERE r.deleted_at IS NULL AND r.type <> 'private_messages'
         AND NOT EXISTS (SELECT 1 FROM room_users ru WHERE ru.room_id = r.id AND ru.role = 'owner') ORDER BY r.id LIMIT 10`,
    );
    return rows.map(({ id }) => id);
  }
}

export const identityKey = ({ issuer, subject }: { issuer: string; subject: string }): string => JSON.stringify([issuer, subject]);

export const pairKey = ({ userIds, teamId }: { userIds: readonly string[]; teamId: string | null }): string =>
  [teamId ?? '', ...userIds.toSorted()].join(' ');
