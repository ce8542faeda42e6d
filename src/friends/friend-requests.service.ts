import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import type { Page } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { FriendRequestsQuery } from './dto/friend-requests.dto.js';
import {
  AlreadyFriends,
  CannotBefriendOneself,
  FriendRequestCooldown,
  FriendRequestDecided,
  FriendRequestNotFound,
  TooManyFriendRequests,
} from './friends.errors.js';
import { FriendRequestApproved, FriendRequestCancelled, FriendRequestReceived, FriendRequestRejected } from './friends.events.js';
import { FriendsQueries, type RequestRow } from './friends.queries.js';
import { FriendsService } from './friends.service.js';
import type { FriendRequestView } from './friends.view.js';
import { Relations } from './relations.service.js';

const FACTS = {
  pending: FriendRequestReceived,
  approved: FriendRequestApproved,
  rejected: FriendRequestRejected,
  cancelled: FriendRequestCancelled,
};

/** People whom one step of {@link FriendRequestsService.endRelationsStep} holds. */
const STEP = 50;

/** Asking for friendship and answering. Whatever is judged here is judged while both people are held. */
@Injectable()
export class FriendRequestsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: DomainEvents,
    private readonly heads: UserHeads,
    private readonly relations: Relations,
    private readonly friends: FriendsService,
    private readonly queries: FriendsQueries,
  ) {}

  listFriendRequests(actor: Actor, query: FriendRequestsQuery): Promise<Page<FriendRequestView>> {
    return this.queries.listFriendRequests(actor.userId, query);
  }

  /**
   * Asks a person for friendship. Who has asked already gets that request; who was asked by that person approves it by asking back.
   * `created`: whether a new request came to be.
   */
  createFriendRequest(actor: Actor, userId: string): Promise<{ friendRequest: FriendRequestView; created: boolean }> {
    if (userId === actor.userId) throw new CannotBefriendOneself();
    return this.transactions.run(async () => {
      await this.relations.lockUsers([actor.userId, userId]);
      if (await this.friends.areFriends(actor.userId, userId)) throw new AlreadyFriends();
      const pending = await this.queries.pendingBetween(actor.userId, userId);
      if (pending?.fromUserId === actor.userId) return { friendRequest: await this.queries.getFriendRequest(pending.id), created: false };
      if (pending) return { friendRequest: await this.decide(pending, 'approved'), created: false };
      await this.requireMayRequest(actor.userId, userId);
      return { friendRequest: await this.open(actor.userId, userId), created: true };
    });
  }

  /** @throws FriendRequestNotFound, Forbidden not_receiver, FriendRequestDecided, TooManyFriends */
  approveFriendRequest(actor: Actor, id: string): Promise<FriendRequestView> {
    return this.answer(actor, id, 'approved');
  }

  /** @throws FriendRequestNotFound, Forbidden not_receiver, FriendRequestDecided */
  rejectFriendRequest(actor: Actor, id: string): Promise<FriendRequestView> {
    return this.answer(actor, id, 'rejected');
  }

  /** @throws FriendRequestNotFound, Forbidden not_sender, FriendRequestDecided */
  async cancelFriendRequest(actor: Actor, id: string): Promise<void> {
    await this.answer(actor, id, 'cancelled');
  }

  /**
   * Ends what there is between somebody and a person as they would themselves: their friendship, their own request (cancelled) or the
   * other's (rejected). Expects the transaction that holds the two.
   */
  async endRelations(userId: string, other: string): Promise<void> {
    await this.friends.deleteFriendship(userId, other);
    const pending = await this.queries.pendingBetween(userId, other);
    if (pending) await this.decide(pending, pending.fromUserId === userId ? 'cancelled' : 'rejected');
  }

  /**
   * A step of ending all that there is between somebody who goes and others: as many people as one transaction should hold. Whether there
   * may be more to end.
   */
  endRelationsStep(userId: string): Promise<boolean> {
    return this.transactions.run(async () => {
      const others = await this.queries.findRelatedUserIds(userId, STEP);
      await this.relations.lockUsers([userId, ...others]);
      for (const other of others) await this.endRelations(userId, other);
      return others.length === STEP;
    });
  }

  private async requireMayRequest(from: string, to: string): Promise<void> {
    // Privacy first: who is blocked after a rejection learns nothing more than who is kept out by privacy.
    await this.relations.requireMayBefriend(from, to);
    const wait = await this.queries.coolDown(from, to);
    if (wait > 0) throw new FriendRequestCooldown(wait);
    if (await this.queries.hasAskedEnough(from)) throw new TooManyFriendRequests();
  }

  private async open(from: string, to: string): Promise<FriendRequestView> {
    const id = newId();
    await this.transactions.query(
      `INSERT INTO friend_requests (id, from_user_id, to_user_id, created_at) VALUES ($1, $2, $3, clock_timestamp())`,
      [id, from, to],
    );
    return this.announce(id);
  }

  private async answer(actor: Actor, id: string, status: 'approved' | 'rejected' | 'cancelled'): Promise<FriendRequestView> {
    const known = await this.queries.requestRow(id);
    if (known?.fromUserId !== actor.userId && known?.toUserId !== actor.userId) throw new FriendRequestNotFound();
    if (status === 'cancelled' && known.fromUserId !== actor.userId) throw new Forbidden('not_sender');
    if (status !== 'cancelled' && known.toUserId !== actor.userId) throw new Forbidden('not_receiver');
    return this.transactions.run(async () => {
      await this.relations.lockUsers([known.fromUserId, known.toUserId]);
      const now = await this.queries.requestRow(id);
      if (now?.status !== 'pending') throw new FriendRequestDecided();
      return this.decide(now, status);
    });
  }

  private async decide(
    { id, fromUserId, toUserId }: RequestRow,
    status: 'approved' | 'rejected' | 'cancelled',
  ): Promise<FriendRequestView> {
    await this.transactions.query(`UPDATE friend_requests SET status = $2, decided_at = clock_timestamp() WHERE id = $1`, [id, status]);
    if (status === 'approved') await this.friends.insertFriendship(fromUserId, toUserId);
    return this.announce(id);
  }

  /** The request as it is now, told to its two people. */
  private async announce(id: string): Promise<FriendRequestView> {
    const friendRequest = await this.queries.getFriendRequest(id);
    const { fromUser, toUser, status } = friendRequest;
    const my = await this.heads.nextNumbers([fromUser.id, toUser.id]);
    this.events.publish(new FACTS[status](friendRequest, my.get(fromUser.id) ?? 0, my.get(toUser.id) ?? 0));
    return friendRequest;
  }
}
