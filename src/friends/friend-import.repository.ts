import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { UserHeads } from '../users/user-heads.service.js';

/** Two friends at another installation. */
export interface ImportedFriendship {
  userIds: readonly [string, string];
  createdAt: string;
}

@Injectable()
export class FriendImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
  ) {}

  /**
   * Inserts imported friendships, except between users of whom one blocks the other, and returns how many were new. Expects the caller's
   * transaction, and locks the user heads. @param friendships at most 300
   */
  async importFriendships(friendships: readonly ImportedFriendship[]): Promise<number> {
    await this.heads.lock([...new Set(friendships.flatMap(({ userIds }) => userIds))]);
    const rows = await this.transactions.query<{ low: string; high: string }>(
      `INSERT INTO friendships (user_low, user_high, created_at)
       SELECT least(x.a, x.b), greatest(x.a, x.b), x.at FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) x (a, b, at)
       WHERE NOT EXISTS (SELECT 1 FROM blocks k WHERE (k.user_id, k.blocked_id) IN ((x.a, x.b), (x.b, x.a)))
       ON CONFLICT DO NOTHING RETURNING user_low AS low, user_high AS high`,
      [
        friendships.map(({ userIds }) => userIds[0]),
        friendships.map(({ userIds }) => userIds[1]),
        friendships.map(({ createdAt }) => createdAt),
      ],
    );
    if (rows.length > 0) await this.heads.nextNumbers([...new Set(rows.flatMap(({ low, high }) => [low, high]))]);
    return rows.length;
  }
}
