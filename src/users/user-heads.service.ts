import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** Issues `my`, the number of a user's next personal change. Lock user heads after room heads. */
@Injectable()
export class UserHeads {
  constructor(private readonly transactions: Transactions) {}

  /** Returns the next number of each user. Expects the transaction of the change, and locks the user heads until its end, by id. */
  async nextNumbers(userIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.transactions.query<{ user_id: string; my: number }>(
      `INSERT INTO user_heads (user_id, my) SELECT DISTINCT id, 1 FROM unnest($1::uuid[]) AS id ORDER BY id
       ON CONFLICT (user_id) DO UPDATE SET my = user_heads.my + 1 RETURNING user_id, my`,
      [userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.my]));
  }

  /** {@link nextNumbers} for one user. */
  async nextNumber(userId: string): Promise<number> {
    return (await this.nextNumbers([userId])).get(userId) ?? 0;
  }

  /**
   * Locks the user heads until the transaction ends, by id: no friendship, request or block of these users changes meanwhile. Check them in
   * a later statement, which reads what the lock has waited for.
   */
  async lock(userIds: readonly string[]): Promise<void> {
    await this.transactions.query(`SELECT 1 FROM user_heads WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR NO KEY UPDATE`, [
      userIds,
    ]);
  }

  /** Returns the number of the user's latest personal change; 0 before the first. */
  async current(userId: string): Promise<number> {
    const [head] = await this.transactions.query<{ my: number }>(`SELECT my FROM user_heads WHERE user_id = $1`, [userId]);
    return head?.my ?? 0;
  }
}
