import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../events/domain-events.js';
import { BanRepository } from '../room-access/ban.repository.js';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { type NewMember, RoomRepository } from '../room-access/room.repository.js';
import type { RoomMember } from '../room-access/room-member.entity.js';
import type { Room } from '../room-access/room.entity.js';
import type { LossReason } from '../room-access/room.types.js';
import { MessageRepository } from '../timeline/message.repository.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomUserViews } from './room-user-views.service.js';
import { RoomUserRemoved, RoomUsersAdded } from './room-users.events.js';
import { isLogged, PLAIN_MEMBER, type RoleAssignment } from './role-assignment.policy.js';

/** The user who adds the members, and the system message about it. */
export interface JoinCause {
  actorId: string;
  event: 'user_added' | 'user_joined';
}

/**
 * Creates and ends memberships, with personal numbers, system message and events. Checks bans and limits, not permissions.
 * Every method expects the transaction that has locked the room head, and locks the user heads.
 */
@Injectable()
export class Memberships {
  constructor(
    private readonly roomRepository: RoomRepository,
    private readonly bans: BanRepository,
    private readonly heads: UserHeads,
    private readonly messageRepository: MessageRepository,
    private readonly events: DomainEvents,
    private readonly views: RoomUserViews,
  ) {}

  /**
   * Adds users with the same role assignment, all or none. @param userIds 1..100
   * @throws Forbidden banned; AlreadyMember, RoomFull, TooManyRooms
   */
  async createMemberships(
    room: Room,
    head: RoomHead,
    userIds: readonly string[],
    assignment: RoleAssignment,
    { actorId, event }: JoinCause,
  ): Promise<void> {
    const my = await this.heads.nextNumbers(userIds);
    await this.roomRepository.requireCapacity(room, head, userIds);
    await this.bans.requireNotBanned(room.id, userIds);
    const logged = isLogged(room.type, assignment);
    const lastSends = room.slowModeSeconds > 0 ? await this.messageRepository.findLastSends(room.id, userIds) : new Map<string, Date>();
    const newMembers = userIds.map((userId): NewMember => ({ userId, ...assignment, lastSentAt: lastSends.get(userId) }));
    const step = await this.roomRepository.insertMembers(room, newMembers, actorId, logged);
    const roomUsers = logged ? await this.views.getRoomUsers(room.id, userIds, null) : [];
    this.events.publish(new RoomUsersAdded(room.id, step.prevRev, step.rev, step.fence, roomUsers, my));
    if (logged) await this.messageRepository.appendSystemMessage(room.id, actorId, event, userIds);
  }

  /** Adds a user who joins by themselves or by an invite. */
  joinAsMember(room: Room, head: RoomHead, userId: string): Promise<void> {
    return this.createMemberships(room, head, [userId], PLAIN_MEMBER, { actorId: userId, event: 'user_joined' });
  }

  /** Ends the membership of a user who leaves, is removed or banned: they receive nothing that is committed later. */
  async endMembership(room: Room, member: RoomMember, reason: LossReason, actorId: string): Promise<void> {
    const { userId } = member;
    const my = await this.heads.nextNumbers([userId]);
    const logged = isLogged(room.type, member);
    const { prevRev, rev, fence } = await this.roomRepository.deleteMember(room.id, userId, logged);
    this.events.publish(new RoomUserRemoved(room.id, prevRev, rev, fence, userId, reason, my.get(userId) ?? 0));
    if (logged)
      await this.messageRepository.appendSystemMessage(room.id, actorId, reason === 'left' ? 'user_left' : 'user_removed', [userId]);
  }
}
