import { Injectable } from '@nestjs/common';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomHead } from './room-head.entity.js';
import { RoomMember } from './room-member.entity.js';
import { Room } from './room.entity.js';
import { RoomRepository } from './room.repository.js';

/** A room of another installation. Of deleted rooms only teams to which private rooms belong. */
export type ImportedRoom = JsonRow<Omit<Room, 'userLow' | 'userHigh' | 'isPrivate' | 'otherThan'>> & {
  readonly userIds: readonly string[] | null;
  readonly rev: number;
};

export type ImportedMember = JsonRow<Omit<RoomMember, 'roomId' | 'joinedRev' | 'lastSentAt'>>;

/** What the room head takes from an imported message. */
interface AppendedMessage {
  seq: number;
  n: number;
  type: string;
  userId: string;
  createdAt: Date | string;
}

/** Inserts imported rooms and members without steps of the change log: sync cursors from before the import get `reset`. */
@Injectable()
export class RoomImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
    private readonly rooms: RoomRepository,
  ) {}

  /** Inserts empty rooms with a log floor at their `rev`, unless they exist. Returns the ids inserted. @param rooms at most 500 */
  async importRooms(rooms: readonly ImportedRoom[]): Promise<string[]> {
    const inserted = await insertMissing(
      this.transactions,
      Room,
      rooms.map(({ userIds, ...room }) => {
        const [userLow = null, userHigh = null] = userIds?.toSorted() ?? [];
        return { ...room, userLow, userHigh };
      }),
    );
    const ids = new Set(inserted.map(({ id }) => id));
    const heads = rooms
      .filter(({ id, deletedAt }) => ids.has(id) && deletedAt === null)
      .map(({ id, rev, createdAt }) => ({ roomId: id, rev, logFloor: rev, lastAt: createdAt }));
    await insertMissing(this.transactions, RoomHead, heads);
    return rooms.map(({ id }) => id).filter((id) => ids.has(id));
  }

  /**
   * Raises `rev` to at least the one given and the log floor to it, so that sync cursors below get `reset`. Expects the locked room head.
   * @param known whether clients may hold a sync cursor of the room: then `rev` rises by at least 1
   */
  async resetLog(roomId: string, rev: number, known: boolean): Promise<void> {
    await this.transactions.query(
      `UPDATE room_heads h SET rev = x.rev, log_floor = x.rev
       FROM (SELECT greatest(rev + CASE WHEN $3 THEN 1 ELSE 0 END, $2) AS rev FROM room_heads WHERE room_id = $1) x WHERE h.room_id = $1`,
      [roomId, rev, known],
    );
  }

  /**
   * Moves the head past appended messages, and the read marks of their authors to their own newest message. Expects the locked room head.
   * @param messages ascending by seq
   */
  async advanceHead(roomId: string, messages: readonly AppendedMessage[]): Promise<void> {
    const last = messages.at(-1);
    if (!last) return;
    await this.transactions.query(
      `UPDATE room_heads SET last_seq = $2, last_n = $3, last_at = greatest(last_at, least(clock_timestamp(), (
         SELECT max(at) FROM unnest($4::timestamptz[]) AS at))) WHERE room_id = $1`,
      [roomId, last.seq, last.n, messages.map(({ createdAt }) => createdAt)],
    );
    const own = messages.filter(({ type }) => type !== 'system');
    await this.transactions.query(
      `UPDATE room_users ru SET last_read_seq = k.seq, last_read_n = k.n
       FROM (SELECT user_id, max(seq) AS seq, max(n) AS n FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) u (user_id, seq, n)
         GROUP BY user_id) k
       WHERE ru.room_id = $1 AND ru.user_id = k.user_id AND ru.last_read_seq < k.seq`,
      [roomId, own.map(({ userId }) => userId), own.map(({ seq }) => seq), own.map(({ n }) => n)],
    );
  }

  /**
   * Inserts members and returns their number. Of a silence kept here and an imported one, the longer holds. Locks the user heads.
   * @param head locked  @param members at most 500, none of them a member already
   */
  async importMembers({ roomId, rev }: RoomHead, members: readonly ImportedMember[]): Promise<number> {
    const userIds = members.map(({ userId }) => userId);
    await this.heads.nextNumbers(userIds);
    const kept = await this.rooms.takeKeptSilences(roomId, userIds);
    const rows = members.map((member) => ({
      ...member,
      roomId,
      joinedRev: rev,
      silencedUntil: laterOf(kept.get(member.userId) ?? null, member.silencedUntil === null ? null : new Date(member.silencedUntil)),
    }));
    const inserted = await insertMissing(this.transactions, RoomMember, rows);
    await this.transactions.manager.increment(RoomHead, { roomId }, 'memberCount', inserted.length);
    return inserted.length;
  }
}

const laterOf = (a: Date | null, b: Date | null): Date | null => (a && b ? new Date(Math.max(+a, +b)) : (a ?? b));
