import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { decodeCursor, type Page, type PageQuery, pageOfViews } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { UserHeads } from '../users/user-heads.service.js';
import { FriendNotFound, TooManyFriends } from './friends.errors.js';
import { FriendRemoved } from './friends.events.js';
import { FRIEND_JSON, type FriendView, type PairRow } from './friends.view.js';
import { Friendship } from './friends.entity.js';

@Injectable()
export class FriendsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
  ) {}

  async listFriends({ userId }: Actor, { limit, cursor }: PageQuery): Promise<Page<FriendView>> {
    const [at, id] = decodeCursor(cursor, ['time', 'id']);
    const rows = await this.transactions.query<PairRow<FriendView>>(
      `SELECT u.id, ${timeJson('f.created_at')} AS at, ${FRIEND_JSON} AS view
       FROM (SELECT user_high AS other_id, created_at FROM friendships WHERE user_low = $1
             UNION ALL SELECT user_low, created_at FROM friendships WHERE user_high = $1) f
       JOIN users u ON u.id = f.other_id
       LEFT JOIN rooms r ON r.user_low = least(u.id, $1) AND r.user_high = greatest(u.id, $1)
         AND r.type = 'private_messages' AND r.team_id IS NULL AND r.deleted_at IS NULL
       WHERE $2::timestamptz IS NULL OR (f.created_at, u.id) < ($2, $3::uuid)
       ORDER BY f.created_at DESC, u.id DESC LIMIT $4`,
      [userId, at, id, limit + 1],
    );
    return pageOfViews(rows, limit, (row) => [row.at, row.id]);
  }

  /** Ends the friendship for both users. @throws FriendNotFound */
  removeFriend(actor: Actor, userId: string): Promise<void> {
    return this.transactions.run(async () => {
      await this.heads.lock([actor.userId, userId]);
      if (!(await this.deleteFriendship(actor.userId, userId))) throw new FriendNotFound();
    });
  }

  areFriends(a: string, b: string): Promise<boolean> {
    return this.transactions.manager.existsBy(Friendship, keyOf(a, b));
  }

  /** Expects the transaction that has locked both user heads. @throws TooManyFriends */
  async insertFriendship(a: string, b: string): Promise<void> {
    const [most] = await this.transactions.query<{ count: number }>(
      `SELECT max(count) AS count FROM (
         SELECT (SELECT count(*) FROM friendships WHERE user_low = id) + (SELECT count(*) FROM friendships WHERE user_high = id) AS count
         FROM unnest($1::uuid[]) AS id) each`,
      [[a, b]],
    );
    if ((most?.count ?? 0) >= this.settings.friends.maxFriends) throw new TooManyFriends();
    await this.transactions.manager.insert(Friendship, { ...keyOf(a, b), createdAt: () => 'clock_timestamp()' });
  }

  /** Expects the transaction that has locked both user heads. Returns false if the two are not friends. */
  async deleteFriendship(a: string, b: string): Promise<boolean> {
    const { affected } = await this.transactions.manager.delete(Friendship, keyOf(a, b));
    if (!affected) return false;
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

/** Ids are in lower case everywhere, so that text and uuid sort alike. */
const keyOf = (a: string, b: string): Pick<Friendship, 'userLow' | 'userHigh'> =>
  a < b ? { userLow: a, userHigh: b } : { userLow: b, userHigh: a };
