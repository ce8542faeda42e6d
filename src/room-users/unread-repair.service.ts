import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { ReadMarkRepository, type ReadMarkRow } from '../room-access/read-mark.repository.js';

/** Rooms compared by one statement. */
const ROOMS_PER_BATCH = 50;
const MAX_EXAMPLES = 100;

/** A read mark that differs from the messages. */
export interface WrongMark extends ReadMarkRow {
  storedSeq: number;
  storedN: number;
}

export interface UnreadReport {
  rooms: number;
  members: number;
  wrong: number;
  repaired: number;
  /** The first 100. */
  examples: WrongMark[];
}

interface Batch {
  rooms: number;
  members: number;
  last_id: string | null;
  wrong: WrongMark[];
}

/** Compares every read mark with a count of the messages and repairs wrong ones. Only data written around this server can be wrong. */
@Injectable()
export class UnreadRepair {
  constructor(
    private readonly transactions: Transactions,
    private readonly readMarkRepository: ReadMarkRepository,
  ) {}

  async repairUnread(): Promise<UnreadReport> {
    const report: UnreadReport = { rooms: 0, members: 0, wrong: 0, repaired: 0, examples: [] };
    for (let batch = await this.compare(null); batch.last_id !== null; batch = await this.compare(batch.last_id)) {
      report.rooms += batch.rooms;
      report.members += batch.members;
      report.wrong += batch.wrong.length;
      report.examples.push(...batch.wrong.slice(0, MAX_EXAMPLES - report.examples.length));
      if (batch.wrong.length > 0) report.repaired += await this.readMarkRepository.repairReadMarks(batch.wrong);
    }
    return report;
  }

  /** Compares the next rooms after `after` in one snapshot, so that concurrent sends do not show as differences. */
  private async compare(after: string | null): Promise<Batch> {
    const [batch] = await this.transactions.query<Batch>(
      `WITH batch AS MATERIALIZED (
         SELECT id FROM rooms WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${ROOMS_PER_BATCH}
       ), counted AS MATERIALIZED (
         SELECT m.room_id, m.seq, m.user_id, m.type, count(*) FILTER (WHERE m.type <> 'system') OVER (PARTITION BY m.room_id ORDER BY m.seq) AS n
         FROM messages m JOIN batch ON batch.id = m.room_id
       ), own AS (
         SELECT room_id, user_id, max(seq) AS seq FROM counted WHERE type <> 'system' GROUP BY room_id, user_id
       ), members AS MATERIALIZED (
         SELECT ru.room_id, ru.user_id, ru.last_read_seq, ru.last_read_n, greatest(ru.last_read_seq, own.seq) AS seq
         FROM room_users ru JOIN batch ON batch.id = ru.room_id LEFT JOIN own ON own.room_id = ru.room_id AND own.user_id = ru.user_id
       ), wrong AS (
         SELECT s.room_id AS "roomId", s.user_id AS "userId", s.seq, coalesce(c.n, 0) AS n,
           s.last_read_seq AS "storedSeq", s.last_read_n AS "storedN"
         FROM members s LEFT JOIN counted c ON c.room_id = s.room_id AND c.seq = s.seq
         WHERE s.seq <> s.last_read_seq OR coalesce(c.n, 0) <> s.last_read_n
       )
       SELECT (SELECT count(*) FROM batch) AS rooms, (SELECT count(*) FROM members) AS members, (SELECT max(id::text) FROM batch) AS last_id,
         coalesce((SELECT json_agg(wrong) FROM wrong), '[]') AS wrong`,
      [after],
    );
    return batch ?? { rooms: 0, members: 0, last_id: null, wrong: [] };
  }
}
