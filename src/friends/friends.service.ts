import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import type { Page, PageQuery } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { UserHeads } from '../users/user-heads.service.js';
import { FriendNotFound, TooManyFriends } from './friends.errors.js';
import { FriendRemoved } from './friends.events.js';
import { FriendsQueries } from './friends.queries.js';
import type { FriendView } from './friends.view.js';
import { Relations } from './relations.service.js';

/** Friendships as rows, and their use cases. */
@Injectable()
export class FriendsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
    private readonly relations: Relations,
    private readonly queries: FriendsQueries,
  ) {}

  listFriends(actor: Actor, query: PageQuery): Promise<Page<FriendView>> {
    return this.queries.listFriends(actor.userId, query);
  }

  /** Ends it for both; what they have said to each other stays. @throws FriendNotFound */
  removeFriend(actor: Actor, userId: string): Promise<void> {
    return this.transactions.run(async () => {
      await this.relations.lockUsers([actor.userId, userId]);
      if (!(await this.deleteFriendship(actor.userId, userId))) throw new FriendNotFound();
    });
  }

  /** Whether the two are friends. */
  async areFriends(a: string, b: string): Promise<boolean> {
    const rows = await this.transactions.query(
      `SELECT 1 FROM friendships WHERE user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2)`,
      [a, b],
    );
    return rows.length > 0;
  }

  /** Makes friends of two whom the transaction holds. @throws TooManyFriends */
  async insertFriendship(a: string, b: string): Promise<void> {
    const [most] = await this.transactions.query<{ count: number }>(
      `SELECT max(count) AS count FROM (
         SELECT (SELECT count(*) FROM friendships WHERE user_low = id) + (SELECT count(*) FROM friendships WHERE user_high = id) AS count
         FROM unnest($1::uuid[]) AS id) each`,
      [[a, b]],
    );
    if ((most?.count ?? 0) >= this.settings.friends.maxFriends) throw new TooManyFriends();
    await this.transactions.query(
      `INSERT INTO friendships (user_low, user_high, created_at) VALUES (least($1::uuid, $2), greatest($1::uuid, $2), clock_timestamp())`,
      [a, b],
    );
  }

  /** Ends the friendship of two whom the transaction holds. Whether there was one. */
  async deleteFriendship(a: string, b: string): Promise<boolean> {
    const ended = await this.transactions.query(
      `DELETE FROM friendships WHERE user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2) RETURNING 1`,
      [a, b],
    );
    if (ended.length === 0) return false;
    const my = await this.heads.nextNumbers([a, b]);
    this.events.publish(
      new FriendRemoved([
        { userId: a, my: my.get(a) ?? 0 },
        { userId: b, my: my.get(b) ?? 0 },
      ]),
    );
    return true;
  }
}
