import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { Reaction } from './reaction.entity.js';

type ReactionKey = Pick<Reaction, 'roomId' | 'messageId' | 'userId' | 'reaction'>;

export interface ReactionState {
  /** The id of the user's own reaction of this kind. */
  ownId: string | null;
  /** Whether a user has reacted with it. */
  exists: boolean;
  /** Number of different reactions to the message. */
  kinds: number;
}

/** A reaction of another installation. A new id replaces null. */
export type ImportedReaction = JsonRow<Omit<Reaction, 'id'>> & { readonly id: string | null };

/** SQL: inserts and counts the reactions of `source` that do not exist yet. */
const insertReactions = (source: string): string => `
  WITH added AS (
    INSERT INTO reactions (room_id, message_id, user_id, reaction, id, created_at) ${source}
    ON CONFLICT DO NOTHING RETURNING room_id, message_id, reaction, created_at
  ), counted AS (
    INSERT INTO reaction_counts AS c (room_id, message_id, reaction, count, first_at)
    SELECT room_id, message_id, reaction, count(*), min(created_at) FROM added GROUP BY room_id, message_id, reaction
    ON CONFLICT (room_id, message_id, reaction)
      DO UPDATE SET count = c.count + excluded.count, first_at = least(c.first_at, excluded.first_at)
  )
  SELECT count(*) AS added FROM added`;

/** The rows of reactions and their counts. Every write expects the transaction that holds the room's head, which makes the counts exact. */
@Injectable()
export class ReactionRepository {
  constructor(private readonly transactions: Transactions) {}

  findReaction(roomId: string, messageId: string, id: string): Promise<Reaction | null> {
    return this.transactions.manager.findOneBy(Reaction, { roomId, messageId, id });
  }

  async getReactionState({ roomId, messageId, userId, reaction }: ReactionKey): Promise<ReactionState> {
    const [state] = await this.transactions.query<ReactionState>(
      `SELECT (SELECT id FROM reactions WHERE room_id = $1 AND message_id = $2 AND user_id = $3 AND reaction = $4) AS "ownId",
         coalesce(bool_or(reaction = $4), false) AS "exists", count(*) AS kinds
       FROM reaction_counts WHERE room_id = $1 AND message_id = $2`,
      [roomId, messageId, userId, reaction],
    );
    return state ?? { ownId: null, exists: false, kinds: 0 };
  }

  /** Inserts a reaction that does not exist. Returns its id. */
  async insertReaction({ roomId, messageId, userId, reaction }: ReactionKey): Promise<string> {
    const id = newId();
    await this.transactions.query(insertReactions('VALUES ($1::uuid, $2::uuid, $3::uuid, $4, $5::uuid, clock_timestamp())'), [
      ...[roomId, messageId, userId, reaction, id],
    ]);
    return id;
  }

  /** Inserts imported reactions, whatever may be used here. Returns how many were new. @param reactions at most 500 */
  async importReactions(reactions: readonly ImportedReaction[]): Promise<number> {
    const [row] = await this.transactions.query<{ added: number }>(
      insertReactions(`SELECT * FROM jsonb_to_recordset($1::jsonb)
        AS x ("roomId" uuid, "messageId" uuid, "userId" uuid, reaction text, id uuid, "createdAt" timestamptz)`),
      [JSON.stringify(reactions.map(({ id, ...rest }) => ({ ...rest, id: id ?? newId() })))],
    );
    return row?.added ?? 0;
  }

  /** Deletes a reaction. Returns false if it did not exist. */
  async deleteReaction({ roomId, messageId, userId, reaction }: ReactionKey): Promise<boolean> {
    const { affected } = await this.transactions.manager.delete(Reaction, { roomId, messageId, userId, reaction });
    if (!affected) return false;
    await this.transactions.query(
      `WITH last AS (DELETE FROM reaction_counts WHERE room_id = $1 AND message_id = $2 AND reaction = $3 AND count = 1)
       UPDATE reaction_counts SET count = count - 1 WHERE room_id = $1 AND message_id = $2 AND reaction = $3 AND count > 1`,
      [roomId, messageId, reaction],
    );
    return true;
  }

  /** Deletes all reactions to messages of one room. @param messageIds at most 1,000 */
  async deleteReactions(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.transactions.query(
      `WITH counts AS (DELETE FROM reaction_counts WHERE room_id = $1 AND message_id = ANY ($2::uuid[]))
       DELETE FROM reactions WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`,
      [roomId, messageIds],
    );
  }
}
