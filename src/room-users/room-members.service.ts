import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { Relations } from '../friends/relations.service.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { AddMembersDto, RoomUsersQuery } from './dto/room-user.dto.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { BanView, RoomUsersPage, RoomUserView } from './room-user.view.js';
import { requireRankAbove, PLAIN_MEMBER, assignRole } from './role-assignment.policy.js';
import { Memberships } from './memberships.service.js';

/** Lists, adds and removes the members of a room. */
@Injectable()
export class RoomMembers {
  constructor(
    private readonly access: RoomAccess,
    private readonly relations: Relations,
    private readonly memberships: Memberships,
    private readonly roomRepository: RoomRepository,
    private readonly log: RoomLog,
    private readonly views: RoomUserViews,
  ) {}

  /** @throws RoomNotFound, Forbidden not_member */
  async listMembers(actor: Actor, roomId: string, query: RoomUsersQuery): Promise<RoomUsersPage> {
    return this.views.listMembers(await this.access.read(actor, roomId), query);
  }

  /** @throws RoomNotFound, Forbidden not_member, RoomUserNotFound */
  async getMember(actor: Actor, roomId: string, userId: string): Promise<RoomUserView> {
    await this.access.read(actor, roomId);
    return this.views.getRoomUser(roomId, userId, actor.userId);
  }

  /** @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  async listBans(actor: Actor, roomId: string, query: PageQuery): Promise<Page<BanView>> {
    const grant = await this.access.read(actor, roomId);
    grant.requirePermission('can_ban_users');
    return this.views.listBans(roomId, query);
  }

  /**
   * Adds users, all or none, with one role assignment. A member with `can_add_users` may, as far as each user's privacy and blocks permit.
   * @throws ValidationFailed unless the request has one of `userId` and `userIds`; Forbidden role_preset, not_granted, rank, privacy, blocked,
   * banned; UserNotFound, AlreadyMember, RoomFull, TooManyRooms
   */
  addMembers(actor: Actor, roomId: string, dto: AddMembersDto): Promise<RoomUserView | { items: RoomUserView[] }> {
    const { userId, userIds, ...request } = dto;
    if ((userId === undefined) === (userIds === undefined)) {
      throw new ValidationFailed([{ path: 'userId', message: 'give either userId or userIds' }]);
    }
    const added = [...new Set(userIds ?? [userId ?? ''])];
    return this.access.change(actor, roomId, 'can_add_users', async (grant) => {
      const assignment = assignRole(grant, PLAIN_MEMBER, request);
      await this.relations.lockUsers([actor.userId, ...added]);
      await this.relations.requireMayAdd(actor.userId, added, grant.room.type);
      await this.memberships.createMemberships(grant.room, grant.head, added, assignment, { actorId: actor.userId, event: 'user_added' });
      const items = await this.views.getRoomUsers(roomId, added, actor.userId);
      return userIds === undefined && items[0] ? items[0] : { items };
    });
  }

  /** @throws Forbidden role_preset, not_granted, rank; RoomUserNotFound */
  removeMember(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_remove_users', async (grant) => {
      const member = await this.roomRepository.findMember(roomId, userId);
      if (!member) throw new RoomUserNotFound();
      requireRankAbove(grant, member.role);
      await this.memberships.endMembership(grant.room, member, 'removed', actor.userId);
      await this.log.audit(roomId, { actorId: actor.userId, action: 'user_removed', targetUserId: userId });
    });
  }
}
