import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** Somebody has read a room up to `seq`, which is no later than its head; `n` is that of the message there. */
export interface ReadMarkRow {
  roomId: string;
  userId: string;
  seq: number;
  n: number;
}

/** A seat whose mark was taken, and whether it went forward. */
export interface AdvancedMark {
  roomId: string;
  userId: string;
  lastReadSeq: number;
  advanced: boolean;
}

const columns = (marks: readonly ReadMarkRow[]): unknown[] => [
  marks.map((mark) => mark.roomId),
  marks.map((mark) => mark.userId),
  marks.map((mark) => mark.seq),
  marks.map((mark) => mark.n),
];

/** Read marks as rows. They take no head: a mark only grows, so it needs no order. */
@Injectable()
export class ReadMarkRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Raises the marks of seats that are there: one statement however many. A mark never goes back.
   *
   * A seat that somebody else holds is left out, not waited for: two batches that wait for each other's seats (the send function writes marks
   * too) would be a deadlock, and one slow seat would delay all. With `wait` it is waited for; then it must be one mark alone.
   */
  async advanceReadMarks(marks: readonly ReadMarkRow[], wait: boolean): Promise<AdvancedMark[]> {
    return this.transactions.query<AdvancedMark>(
      `WITH wanted AS (
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) k (room_id, user_id, seq, n)
       ), held AS MATERIALIZED (
         SELECT ru.room_id, ru.user_id, ru.last_read_seq AS before, w.seq, w.n FROM room_users ru JOIN wanted w USING (room_id, user_id)
         FOR NO KEY UPDATE OF ru ${wait ? '' : 'SKIP LOCKED'}
       )
       UPDATE room_users ru SET last_read_seq = greatest(ru.last_read_seq, held.seq), last_read_n = greatest(ru.last_read_n, held.n),
         last_seen_at = clock_timestamp()
       FROM held WHERE ru.room_id = held.room_id AND ru.user_id = held.user_id
       RETURNING ru.room_id AS "roomId", ru.user_id AS "userId", ru.last_read_seq AS "lastReadSeq", held.seq > held.before AS advanced`,
      columns(marks),
    );
  }

  /** Writes the right `n` of marks that stand where they stood, and raises those that lie lower. How many. */
  async repairReadMarks(marks: readonly ReadMarkRow[]): Promise<number> {
    const repaired = await this.transactions.query(
      `UPDATE room_users ru SET last_read_seq = k.seq, last_read_n = k.n
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) k (room_id, user_id, seq, n)
       WHERE ru.room_id = k.room_id AND ru.user_id = k.user_id AND ru.last_read_seq <= k.seq RETURNING 1`,
      columns(marks),
    );
    return repaired.length;
  }
}
