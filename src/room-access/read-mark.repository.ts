import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** A user has read a room up to `seq`, at most the last one of the room; `n` is that of the message there. */
export interface ReadMarkRow {
  roomId: string;
  userId: string;
  seq: number;
  n: number;
}

/** A read mark that was written; `advanced` is false if it was at `seq` or beyond before. */
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

/** The read marks in `room_users`. A mark only grows, so writing it needs no order and no lock on the room head. */
@Injectable()
export class ReadMarkRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Advances the marks of members in one statement; a mark never goes back. Returns those that were written.
   *
   * Without `wait`, a row that another transaction has locked is left out: two batches that wait for each other's rows (the send function
   * writes marks too) would deadlock, and one slow row would delay all. With `wait`, pass a single mark.
   */
  async advanceReadMarks(marks: readonly ReadMarkRow[], wait: boolean): Promise<AdvancedMark[]> {
    return this.transactions.query<AdvancedMark>(
      `WITH wanted AS (
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) k (room_id, user_id, seq, n)
       ), locked AS MATERIALIZED (
         SELECT ru.room_id, ru.user_id, ru.last_read_seq AS before, w.seq, w.n FROM room_users ru JOIN wanted w USING (room_id, user_id)
         FOR NO KEY UPDATE OF ru ${wait ? '' : 'SKIP LOCKED'}
       )
       UPDATE room_users ru SET last_read_seq = greatest(ru.last_read_seq, locked.seq), last_read_n = greatest(ru.last_read_n, locked.n),
         last_seen_at = clock_timestamp()
       FROM locked WHERE ru.room_id = locked.room_id AND ru.user_id = locked.user_id
       RETURNING ru.room_id AS "roomId", ru.user_id AS "userId", ru.last_read_seq AS "lastReadSeq", locked.seq > locked.before AS advanced`,
      columns(marks),
    );
  }

  /** Corrects `n` of unchanged marks and advances lower ones; marks that have moved past `seq` stay. Returns the number written. */
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
