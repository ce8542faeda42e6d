import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import { RoomBans } from '../room-access/room-bans.service.js';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { type Newcomer, RoomRows } from '../room-access/room-rows.service.js';
import type { RoomUser } from '../room-access/room-user.entity.js';
import type { Room } from '../room-access/room.entity.js';
import type { LossReason } from '../room-access/room.types.js';
import { SystemMessages } from '../timeline/system-messages.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomUserViews } from './room-user-views.service.js';
import { RoomUserRemoved, RoomUsersAdded } from './room-users.events.js';
import { isTold, PLAIN_MEMBER, type SeatSet } from './seat-grant.policy.js';

/** Who lets people in, and what the room says of it. */
export interface Welcome {
  actorId: string;
  event: 'user_added' | 'user_joined';
}

/**
 * Giving seats in a living room, and taking them, with all that follows: numbers, the system message, the facts. It does not judge who may.
 * Every method expects the transaction that holds the room's head, and takes the people's heads.
 */
@Injectable()
export class Seating {
  constructor(
    private readonly rows: RoomRows,
    private readonly bans: RoomBans,
    private readonly heads: UserHeads,
    private readonly messages: SystemMessages,
    private readonly events: DomainEvents,
    private readonly views: RoomUserViews,
  ) {}

  /**
   * Seats people with one and the same set, all or none. @param userIds 1..100
   * @throws Forbidden banned; AlreadyMember, RoomFull, TooManyRooms
   */
  async admit(room: Room, head: RoomHead, userIds: readonly string[], set: SeatSet, { actorId, event }: Welcome): Promise<void> {
    const my = await this.heads.next(userIds);
    await this.views.demandRoomFor(room, head, userIds);
    await this.bans.refuse(room.id, userIds);
    const told = isTold(room.type, set);
    const lastSends = room.slowModeSeconds > 0 ? await this.views.lastSends(room.id, userIds) : new Map<string, Date>();
    const newcomers = userIds.map((userId): Newcomer => ({ userId, ...set, lastSentAt: lastSends.get(userId) }));
    const { step } = await this.rows.seat(room, newcomers, actorId, told);
    const roomUsers = told ? await this.views.neutral(room.id, userIds) : [];
    this.events.publish(new RoomUsersAdded(room.id, step.prevRev, step.rev, step.fence, roomUsers, my));
    if (told) await this.messages.append(room.id, actorId, event, userIds);
  }

  /** Seats one person who comes by themselves: by joining, by an invite. */
  welcome(room: Room, head: RoomHead, userId: string): Promise<void> {
    return this.admit(room, head, [userId], PLAIN_MEMBER, { actorId: userId, event: 'user_joined' });
  }

  /** Takes the seat of somebody who leaves, is removed or banned: nothing that is committed later reaches them. */
  async release(room: Room, seat: RoomUser, reason: LossReason, actorId: string): Promise<void> {
    const { userId } = seat;
    const my = await this.heads.next([userId]);
    const told = isTold(room.type, seat);
    const { prevRev, rev, fence } = await this.rows.unseat(room.id, userId, told);
    this.events.publish(new RoomUserRemoved(room.id, prevRev, rev, fence, userId, reason, my.get(userId) ?? 0));
    if (told) await this.messages.append(room.id, actorId, reason === 'left' ? 'user_left' : 'user_removed', [userId]);
  }
}
