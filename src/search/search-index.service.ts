import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { normalise, vectorOf } from './search-text.policy.js';

/** A message to index. */
export interface Indexable {
  roomId: string;
  seq: number;
  userId: string;
  createdAt: Date;
  hasMedia: boolean;
  text: string;
}

/**
 * Writes the rows of the search index. New messages are indexed after the send path, edits and deletions in their own transaction: the
 * former text is not found once the edit is answered. All writes are in the order of (room, seq), which prevents deadlocks.
 */
@Injectable()
export class SearchIndex {
  constructor(private readonly transactions: Transactions) {}

  /** Inserts the entries of messages that have none. @param messages ascending by (room, seq), at most 1,000 */
  async indexMessages(messages: readonly Indexable[]): Promise<void> {
    await this.insertEntries(messages, 'DO NOTHING');
  }

  /** Replaces the entry of a message with a new text; removes it when the text is null. */
  async reindexMessage({ text, ...message }: Omit<Indexable, 'text' | 'hasMedia'> & { id: string; text: string | null }): Promise<void> {
    if (text === null) return this.unindexMessages(message.roomId, [message.seq]);
    const [row] = await this.transactions.query<{ hasMedia: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM message_media WHERE room_id = $1 AND message_id = $2) AS "hasMedia"`,
      [message.roomId, message.id],
    );
    const entry = { ...message, text, hasMedia: row?.hasMedia ?? false };
    await this.insertEntries([entry], 'DO UPDATE SET has_media = excluded.has_media, normal = excluded.normal, grams = excluded.grams');
  }

  /**
   * Clears the entries of messages. Empty entries stay, so that an indexer that is late cannot insert the old text.
   * @param seqs of one room, ascending, at most 1,000
   */
  async unindexMessages(roomId: string, seqs: readonly number[]): Promise<void> {
    await this.transactions.query(
      `INSERT INTO message_search (room_id, seq, user_id, sent_at)
       SELECT m.room_id, m.seq, m.user_id, m.created_at FROM messages m WHERE m.room_id = $1 AND m.seq = ANY ($2::bigint[]) ORDER BY m.seq
       ON CONFLICT (room_id, seq) DO UPDATE SET normal = NULL, grams = NULL`,
      [roomId, seqs],
    );
  }

  private async insertEntries(messages: readonly Indexable[], onConflict: string): Promise<void> {
    const entries = messages.map((message) => ({ ...message, normal: normalise(message.text) }));
    await this.transactions.query(
      `INSERT INTO message_search (room_id, seq, user_id, sent_at, has_media, normal, grams)
       SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::boolean[], $6::text[], $7::tsvector[])
       ON CONFLICT (room_id, seq) ${onConflict}`,
      [
        entries.map(({ roomId }) => roomId),
        entries.map(({ seq }) => seq),
        entries.map(({ userId }) => userId),
        entries.map(({ createdAt }) => createdAt),
        entries.map(({ hasMedia }) => hasMedia),
        entries.map(({ normal }) => normal),
        entries.map(({ normal, roomId, userId, hasMedia }) => vectorOf(normal, { roomId, userId, hasMedia })),
      ],
    );
  }
}
