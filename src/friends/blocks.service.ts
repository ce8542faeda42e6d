import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import type { Page, PageQuery } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { MeChanged } from '../users/users.events.js';
import { FriendRequestsService } from './friend-requests.service.js';
import { BlockChanged } from './friends.events.js';
import { CannotBlockOneself, TooManyBlocks } from './friends.errors.js';
import { FriendsQueries } from './friends.queries.js';
import type { BlockView } from './friends.view.js';

/** Wanting nothing to do with somebody. It works both ways; the other one is told nothing of it. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
    private readonly access: RoomAccess,
    private readonly requests: FriendRequestsService,
    private readonly queries: FriendsQueries,
  ) {}

  listBlocks(actor: Actor, query: PageQuery): Promise<Page<BlockView>> {
    return this.queries.listBlocks(actor.userId, query);
  }

  /**
   * Blocks a person, and ends friendship and pending requests with them. Once it is answered, nothing sent in a private room of the two
   * is accepted. @param since of a block that stood elsewhere before  @throws CannotBlockOneself, UserNotFound, TooManyBlocks
   */
  blockUser(actor: Actor, userId: string, since: string | null = null): Promise<void> {
    if (userId === actor.userId) throw new CannotBlockOneself();
    return this.transactions.run(async () => {
      await this.lockPair(actor.userId, userId);
      const { blocked, full } = await this.queries.blockState(actor.userId, userId);
      if (blocked) return;
      if (full) throw new TooManyBlocks();
      await this.transactions.query(
        `INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, coalesce($3::timestamptz, clock_timestamp()))`,
        [actor.userId, userId, since],
      );
      await this.requests.endRelations(actor.userId, userId);
      await this.publishChange(actor, userId);
    });
  }

  /** Lifts a block, if there is one. What it ended stays ended. */
  unblockUser(actor: Actor, userId: string): Promise<void> {
    return this.transactions.run(async () => {
      await this.heads.lock([actor.userId, userId]);
      const lifted = await this.transactions.query(`DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2 RETURNING 1`, [
        actor.userId,
        userId,
      ]);
      if (lifted.length > 0) await this.publishChange(actor, userId);
    });
  }

  /** Holds the two and their private rooms, so that a send stands before the block or after it. */
  private async lockPair(a: string, b: string): Promise<void> {
    const rooms = await this.queries.findPrivateRooms(a, b);
    await this.access.lock(rooms);
    await this.heads.lock([a, b]);
    // One that was opened between the two locks. Out of order: the deadlock that it can meet runs the work again.
    const later = (await this.queries.findPrivateRooms(a, b)).filter((id) => !rooms.includes(id));
    if (later.length > 0) await this.access.lock(later);
  }

  private async publishChange({ userId }: Actor, other: string): Promise<void> {
    const my = await this.heads.nextNumbers([userId]);
    this.events.publish(new MeChanged(userId, my.get(userId) ?? 0));
    this.events.publish(new BlockChanged([userId, other]));
  }
}
