import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { decodeCursor, type Page, type PageQuery, pageOfViews } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { isActiveSql } from '../users/user.view.js';
import { UserNotFound } from '../users/users.errors.js';
import { MeChanged } from '../users/users.events.js';
import { FriendRequestsService } from './friend-requests.service.js';
import { BlockChanged } from './friends.events.js';
import { CannotBlockYourself, TooManyBlocks } from './friends.errors.js';
import { BLOCK_JSON, type BlockView, type PairRow } from './friends.view.js';
import { Block } from './friends.entity.js';

/** Blocks between users. A block works in both directions; the blocked user does not learn of it. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
    private readonly access: RoomAccess,
    private readonly requests: FriendRequestsService,
  ) {}

  async listBlocks({ userId }: Actor, { limit, cursor }: PageQuery): Promise<Page<BlockView>> {
    const [at, id] = decodeCursor(cursor, ['time', 'id']);
    const rows = await this.transactions.query<PairRow<BlockView>>(
      `SELECT u.id, ${timeJson('b.created_at')} AS at, ${BLOCK_JSON} AS view
       FROM blocks b JOIN users u ON u.id = b.blocked_id
       WHERE b.user_id = $1 AND ($2::timestamptz IS NULL OR (b.created_at, u.id) < ($2, $3::uuid))
       ORDER BY b.created_at DESC, u.id DESC LIMIT $4`,
      [userId, at, id, limit + 1],
    );
    return pageOfViews(rows, limit, (row) => [row.at, row.id]);
  }

  /**
   * Blocks a user, and ends friendship and pending requests between the two. After the answer no message in a private room of the two is
   * accepted. @param since start of an imported block  @throws CannotBlockYourself, UserNotFound, TooManyBlocks
   */
  blockUser(actor: Actor, userId: string, since: string | null = null): Promise<void> {
    if (userId === actor.userId) throw new CannotBlockYourself();
    return this.transactions.run(async () => {
      await this.lockPair(actor.userId, userId);
      const { blocked, count } = await this.getBlockState(actor.userId, userId);
      if (blocked) return;
      if (count >= this.settings.friends.maxBlocks) throw new TooManyBlocks();
      const createdAt = since === null ? () => 'clock_timestamp()' : new Date(since);
      await this.transactions.manager.insert(Block, { userId: actor.userId, blockedId: userId, createdAt });
      await this.requests.endRelations(actor.userId, userId);
      await this.publishChange(actor, userId);
    });
  }

  /** Removes the block, if there is one. */
  unblockUser(actor: Actor, userId: string): Promise<void> {
    return this.transactions.run(async () => {
      await this.heads.lock([actor.userId, userId]);
      const { affected } = await this.transactions.manager.delete(Block, { userId: actor.userId, blockedId: userId });
      if (affected) await this.publishChange(actor, userId);
    });
  }

  /** Locks the two users and their private rooms: a concurrent send commits before the block, or is refused. */
  private async lockPair(a: string, b: string): Promise<void> {
    const rooms = await this.findPrivateRooms(a, b);
    await this.access.lock(rooms);
    await this.heads.lock([a, b]);
    // Rooms created between the two locks. This order may deadlock; Transactions then runs the work again.
    const later = (await this.findPrivateRooms(a, b)).filter((id) => !rooms.includes(id));
    if (later.length > 0) await this.access.lock(later);
  }

  /** Returns the private rooms of the two users, also those inside teams. */
  private async findPrivateRooms(a: string, b: string): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM rooms WHERE user_low = least($1::uuid, $2) AND user_high = greatest($1::uuid, $2)
         AND type = 'private_messages' AND team_id IS NULL AND deleted_at IS NULL
       UNION ALL
       SELECT r.id FROM room_users ru JOIN rooms r ON r.id = ru.room_id
       WHERE ru.user_id = $1 AND r.user_low = least($1::uuid, $2) AND r.user_high = greatest($1::uuid, $2)
         AND r.team_id IS NOT NULL AND r.deleted_at IS NULL`,
      [a, b],
    );
    return rows.map(({ id }) => id);
  }

  /** @throws UserNotFound */
  private async getBlockState(userId: string, other: string): Promise<{ blocked: boolean; count: number }> {
    const [state] = await this.transactions.query<{ blocked: boolean; count: number }>(
      `SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = u.id) AS blocked,
         (SELECT count(*) FROM blocks WHERE user_id = $1) AS count
       FROM users u WHERE u.id = $2 AND ${isActiveSql('u')}`,
      [userId, other],
    );
    if (!state) throw new UserNotFound();
    return state;
  }

  private async publishChange({ userId }: Actor, other: string): Promise<void> {
    this.events.publish(new MeChanged(userId, await this.heads.nextNumber(userId)));
    this.events.publish(new BlockChanged([userId, other]));
  }
}
