import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';

export interface ImportedReaction {
  /** Null: the import makes one. */
  id: string | null;
  messageId: string;
  userId: string;
  reaction: string;
  createdAt: string;
}

/** Inserts imported reactions, whatever the setting REACTIONS allows. */
@Injectable()
export class ReactionImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Inserts and counts reactions. Returns how many were new. Expects the transaction that holds the room's head. @param reactions at most 500 */
  async importReactions(roomId: string, reactions: readonly ImportedReaction[]): Promise<number> {
    const [row] = await this.transactions.query<{ added: number }>(
      `WITH added AS (
         INSERT INTO reactions (room_id, message_id, user_id, reaction, id, created_at)
         SELECT $1, x."messageId", x."userId", x.reaction, x.id, x."createdAt"
         FROM jsonb_to_recordset($2::jsonb) AS x (id uuid, "messageId" uuid, "userId" uuid, reaction text, "createdAt" timestamptz)
         ON CONFLICT DO NOTHING RETURNING message_id, reaction, created_at
       ), counted AS (
         INSERT INTO reaction_counts AS c (room_id, message_id, reaction, count, first_at)
         SELECT $1, message_id, reaction, count(*), min(created_at) FROM added GROUP BY message_id, reaction
         ON CONFLICT (room_id, message_id, reaction)
           DO UPDATE SET count = c.count + excluded.count, first_at = least(c.first_at, excluded.first_at)
       )
       SELECT count(*) AS added FROM added`,
      [roomId, JSON.stringify(reactions.map(({ id, ...rest }) => ({ id: id ?? newId(), ...rest })))],
    );
    return row?.added ?? 0;
  }
}
