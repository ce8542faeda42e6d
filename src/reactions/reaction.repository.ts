import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';

/** Which message, in which room. */
interface MessageId {
  roomId: string;
  messageId: string;
}

/** Reactions and their counts as rows. Every write expects the transaction that holds the room's head, which makes the counts exact. */
@Injectable()
export class ReactionRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Adds one that is not there; answers its id. */
  async insertReaction({ roomId, messageId }: MessageId, userId: string, reaction: string): Promise<string> {
    const id = newId();
    await this.transactions.query(
      `WITH added AS (
         INSERT INTO reactions (room_id, message_id, user_id, reaction, id, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
       )
       INSERT INTO reaction_counts AS c (room_id, message_id, reaction, count, first_at) VALUES ($1, $2, $4, 1, clock_timestamp())
       ON CONFLICT (room_id, message_id, reaction) DO UPDATE SET count = c.count + 1`,
      [roomId, messageId, userId, reaction, id],
    );
    return id;
  }

  /** Whether there was one to remove. */
  async deleteReaction({ roomId, messageId }: MessageId, userId: string, reaction: string): Promise<boolean> {
    const removed = await this.transactions.query(
      `DELETE FROM reactions WHERE room_id = $1 AND message_id = $2 AND user_id = $3 AND reaction = $4 RETURNING id`,
      [roomId, messageId, userId, reaction],
    );
    if (removed.length === 0) return false;
    await this.transactions.query(
      `WITH last AS (DELETE FROM reaction_counts WHERE room_id = $1 AND message_id = $2 AND reaction = $3 AND count = 1)
       UPDATE reaction_counts SET count = count - 1 WHERE room_id = $1 AND message_id = $2 AND reaction = $3 AND count > 1`,
      [roomId, messageId, reaction],
    );
    return true;
  }

  /** Takes every reaction from messages that are being deleted. @param messageIds of one room, at most 1,000 */
  async deleteReactions(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.transactions.query(
      `WITH counts AS (DELETE FROM reaction_counts WHERE room_id = $1 AND message_id = ANY ($2::uuid[]))
       DELETE FROM reactions WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`,
      [roomId, messageIds],
    );
  }

  /** Whose it is, and which one. */
  async findReaction({ roomId, messageId }: MessageId, reactionId: string): Promise<{ userId: string; reaction: string } | null> {
    const [row] = await this.transactions.query<{ userId: string; reaction: string }>(
      `SELECT user_id AS "userId", reaction FROM reactions WHERE room_id = $1 AND message_id = $2 AND id = $3`,
      [roomId, messageId, reactionId],
    );
    return row ?? null;
  }
}
