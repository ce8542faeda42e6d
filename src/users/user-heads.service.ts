import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** Gives out `my`, the number of a person's next personal change. */
@Injectable()
export class UserHeads {
  constructor(private readonly transactions: Transactions) {}

  /**
   * The next number of each. Belongs into the transaction that makes the change; locks the people's heads until its end, in the order of
   * their ids, after any head of a room.
   */
  async nextNumbers(userIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.transactions.query<{ user_id: string; my: number }>(
      `INSERT INTO user_heads (user_id, my) SELECT DISTINCT id, 1 FROM unnest($1::uuid[]) AS id ORDER BY id
       ON CONFLICT (user_id) DO UPDATE SET my = user_heads.my + 1 RETURNING user_id, my`,
      [userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.my]));
  }

  /**
   * Locks the people's heads until the transaction ends, in the order of their ids, after any head of a room, and gives out no number: what
   * is between these people then changes one at a time. Judge in a statement after this one.
   */
  async lock(userIds: readonly string[]): Promise<void> {
    await this.transactions.query(`SELECT 1 FROM user_heads WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR NO KEY UPDATE`, [
      userIds,
    ]);
  }

  /** The number of the person's latest change; 0 when there was none. */
  async current(userId: string): Promise<number> {
    const [head] = await this.transactions.query<{ my: number }>(`SELECT my FROM user_heads WHERE user_id = $1`, [userId]);
    return head?.my ?? 0;
  }
}
