import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { decodeCursor, type Page, pageOfViews } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { FriendRequestsQuery } from './dto/friend-requests.dto.js';
import { FriendRequest } from './friends.entity.js';
import {
  AlreadyFriends,
  CannotBefriendYourself,
  FriendRequestCooldown,
  FriendRequestDecided,
  FriendRequestNotFound,
  TooManyFriendRequests,
} from './friends.errors.js';
import { FriendRequestApproved, FriendRequestCancelled, FriendRequestReceived, FriendRequestRejected } from './friends.events.js';
import { FriendsService } from './friends.service.js';
import { FRIEND_REQUEST_JSON, type FriendRequestView } from './friends.view.js';
import { Relations } from './relations.service.js';

const EVENTS = {
  pending: FriendRequestReceived,
  approved: FriendRequestApproved,
  rejected: FriendRequestRejected,
  cancelled: FriendRequestCancelled,
};

type Decision = 'approved' | 'rejected' | 'cancelled';
type RequestRow = Pick<FriendRequest, 'id' | 'fromUserId' | 'toUserId' | 'status'>;

/** Users locked by one step of {@link FriendRequestsService.endRelationsStep}. */
const STEP = 50;

/** Friend requests. Every check runs while the user heads of both users are locked. */
@Injectable()
export class FriendRequestsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
    private readonly relations: Relations,
    private readonly friends: FriendsService,
  ) {}

  async listFriendRequests({ userId }: Actor, { direction, status, limit, cursor }: FriendRequestsQuery): Promise<Page<FriendRequestView>> {
    const [before] = decodeCursor(cursor, ['id']);
    const requestsBy = (column: string): string => `(SELECT * FROM friend_requests WHERE ${column} = $1
      AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4)`;
    const sources = [
      ...(direction === 'sent' ? [] : [requestsBy('to_user_id')]),
      ...(direction === 'received' ? [] : [requestsBy('from_user_id')]),
    ];
    const rows = await this.transactions.query<{ id: string; view: FriendRequestView }>(
      `SELECT r.id, ${FRIEND_REQUEST_JSON} AS view FROM (${sources.join(' UNION ALL ')}) r
       JOIN users f ON f.id = r.from_user_id JOIN users t ON t.id = r.to_user_id ORDER BY r.id DESC LIMIT $4`,
      [userId, status ?? null, before, limit + 1],
    );
    return pageOfViews(rows, limit, (row) => [row.id]);
  }

  /**
   * Sends a friend request. Returns the actor's pending request if there is one; approves a pending request of the other user. `created`
   * is true for a new request only.
   */
  createFriendRequest(actor: Actor, userId: string): Promise<{ friendRequest: FriendRequestView; created: boolean }> {
    if (userId === actor.userId) throw new CannotBefriendYourself();
    return this.transactions.run(async () => {
      await this.heads.lock([actor.userId, userId]);
      if (await this.friends.areFriends(actor.userId, userId)) throw new AlreadyFriends();
      const pending = await this.findPendingBetween(actor.userId, userId);
      if (pending?.fromUserId === actor.userId) return { friendRequest: await this.getFriendRequest(pending.id), created: false };
      if (pending) return { friendRequest: await this.decide(pending, 'approved'), created: false };
      await this.requireMayRequest(actor.userId, userId);
      const id = newId();
      const createdAt = () => 'clock_timestamp()';
      await this.transactions.manager.insert(FriendRequest, { id, fromUserId: actor.userId, toUserId: userId, createdAt });
      return { friendRequest: await this.publishRequest(id), created: true };
    });
  }

  /** @throws FriendRequestNotFound, Forbidden not_receiver, FriendRequestDecided, TooManyFriends */
  approveFriendRequest(actor: Actor, id: string): Promise<FriendRequestView> {
    return this.decideAs(actor, id, 'approved');
  }

  /** @throws FriendRequestNotFound, Forbidden not_receiver, FriendRequestDecided */
  rejectFriendRequest(actor: Actor, id: string): Promise<FriendRequestView> {
    return this.decideAs(actor, id, 'rejected');
  }

  /** @throws FriendRequestNotFound, Forbidden not_sender, FriendRequestDecided */
  async cancelFriendRequest(actor: Actor, id: string): Promise<void> {
    await this.decideAs(actor, id, 'cancelled');
  }

  /**
   * Ends the friendship of the user with the other, cancels the user's own pending request and rejects the other's. Expects the transaction
   * that has locked both user heads.
   */
  async endRelations(userId: string, other: string): Promise<void> {
    await this.friends.deleteFriendship(userId, other);
    const pending = await this.findPendingBetween(userId, other);
    if (pending) await this.decide(pending, pending.fromUserId === userId ? 'cancelled' : 'rejected');
  }

  /** Ends the relations of a deleted user with some others, in one transaction. Returns whether there may be more. */
  endRelationsStep(userId: string): Promise<boolean> {
    return this.transactions.run(async () => {
      const rows = await this.transactions.query<{ id: string }>(
        `SELECT user_high AS id FROM friendships WHERE user_low = $1
         UNION SELECT user_low FROM friendships WHERE user_high = $1
         UNION SELECT to_user_id FROM friend_requests WHERE from_user_id = $1 AND status = 'pending'
         UNION SELECT from_user_id FROM friend_requests WHERE to_user_id = $1 AND status = 'pending'
         LIMIT $2`,
        [userId, STEP],
      );
      const others = rows.map(({ id }) => id);
      await this.heads.lock([userId, ...others]);
      for (const other of others) await this.endRelations(userId, other);
      return others.length === STEP;
    });
  }

  private async requireMayRequest(from: string, to: string): Promise<void> {
    // Privacy first: a user who was blocked after a rejection must not learn more than one whom privacy excludes.
    await this.relations.requireMayBefriend(from, to);
    const seconds = await this.cooldownSeconds(from, to);
    if (seconds > 0) throw new FriendRequestCooldown(seconds);
    const pending = await this.transactions.manager.countBy(FriendRequest, { fromUserId: from, status: 'pending' });
    if (pending >= this.settings.friends.maxPending) throw new TooManyFriendRequests();
  }

  /** Returns the rest of the cooldown after a rejection; 0 also if the other user has sent a request since. */
  private async cooldownSeconds(from: string, to: string): Promise<number> {
    const [rejected] = await this.transactions.query<{ seconds: number }>(
      `SELECT ceil(extract(epoch FROM r.decided_at + make_interval(hours => $3) - clock_timestamp()))::integer AS seconds
       FROM friend_requests r
       WHERE r.from_user_id = $1 AND r.to_user_id = $2 AND r.status = 'rejected'
         AND NOT EXISTS (SELECT 1 FROM friend_requests back
           WHERE back.from_user_id = $2 AND back.to_user_id = $1 AND back.created_at >= r.decided_at)
       ORDER BY r.decided_at DESC LIMIT 1`,
      [from, to, this.settings.friends.cooldownHours],
    );
    return Math.max(rejected?.seconds ?? 0, 0);
  }

  private async decideAs(actor: Actor, id: string, status: Decision): Promise<FriendRequestView> {
    const known = await this.transactions.manager.findOneBy(FriendRequest, { id });
    if (known?.fromUserId !== actor.userId && known?.toUserId !== actor.userId) throw new FriendRequestNotFound();
    if (status === 'cancelled' && known.fromUserId !== actor.userId) throw new Forbidden('not_sender');
    if (status !== 'cancelled' && known.toUserId !== actor.userId) throw new Forbidden('not_receiver');
    return this.transactions.run(async () => {
      await this.heads.lock([known.fromUserId, known.toUserId]);
      if (!(await this.transactions.manager.existsBy(FriendRequest, { id, status: 'pending' }))) throw new FriendRequestDecided();
      return this.decide(known, status);
    });
  }

  private async decide({ id, fromUserId, toUserId }: RequestRow, status: Decision): Promise<FriendRequestView> {
    await this.transactions.manager.update(FriendRequest, id, { status, decidedAt: () => 'clock_timestamp()' });
    if (status === 'approved') await this.friends.insertFriendship(fromUserId, toUserId);
    return this.publishRequest(id);
  }

  private async publishRequest(id: string): Promise<FriendRequestView> {
    const friendRequest = await this.getFriendRequest(id);
    const { fromUser, toUser, status } = friendRequest;
    const my = await this.heads.nextNumbers([fromUser.id, toUser.id]);
    this.events.publish(new EVENTS[status](friendRequest, my.get(fromUser.id) ?? 0, my.get(toUser.id) ?? 0));
    return friendRequest;
  }

  /** Returns the pair's pending request, of either user. The conditions are those of the unique index. */
  private async findPendingBetween(a: string, b: string): Promise<RequestRow | null> {
    const [row] = await this.transactions.query<RequestRow>(
      `SELECT id, from_user_id AS "fromUserId", to_user_id AS "toUserId", status FROM friend_requests
       WHERE least(from_user_id, to_user_id) = least($1::uuid, $2)
         AND greatest(from_user_id, to_user_id) = greatest($1::uuid, $2) AND status = 'pending'`,
      [a, b],
    );
    return row ?? null;
  }

  private async getFriendRequest(id: string): Promise<FriendRequestView> {
    const [row] = await this.transactions.query<{ view: FriendRequestView }>(
      `SELECT ${FRIEND_REQUEST_JSON} AS view FROM friend_requests r
       JOIN users f ON f.id = r.from_user_id JOIN users t ON t.id = r.to_user_id WHERE r.id = $1`,
      [id],
    );
    if (!row) throw new FriendRequestNotFound();
    return row.view;
  }
}
