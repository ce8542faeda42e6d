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
import { requireRankAbove, PLAIN_MEMBER, assignRole, type RoleRequest } from './role-assignment.policy.js';
import { Memberships } from './memberships.service.js';

/** Who sits in a room: looking, adding, removing. */
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
    const view = await this.views.getRoomUser(roomId, userId, actor.userId);
    if (!view) throw new RoomUserNotFound();
    return view;
  }

  /** Who is kept out. @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  async listBans(actor: Actor, roomId: string, query: PageQuery): Promise<Page<BanView>> {
    const grant = await this.access.read(actor, roomId);
    grant.requirePermission('can_ban_users');
    return this.views.listBans(roomId, query);
  }

  /** The request's one person, or its several. @throws ValidationFailed unless it names one of the two; and as {@link insertMembers} */
  async addMembers(actor: Actor, roomId: string, dto: AddMembersDto): Promise<RoomUserView | { items: RoomUserView[] }> {
    const { userId, userIds, ...wish } = dto;
    if ((userId === undefined) === (userIds === undefined)) {
      throw new ValidationFailed([{ path: 'userId', message: 'must be given, or userIds, and not both' }]);
    }
    const items = await this.insertMembers(actor, roomId, userIds ?? [userId ?? ''], wish);
    const [first] = items;
    return userIds === undefined && first ? first : { items };
  }

  /**
   * Seats people, all or none, with one set of permissions. @param userIds 1..100
   * @throws Forbidden role_preset, not_granted, rank, privacy, blocked, banned; UserNotFound, AlreadyMember, RoomFull, TooManyRooms
   */
  insertMembers(actor: Actor, roomId: string, userIds: readonly string[], wish: RoleRequest = {}): Promise<RoomUserView[]> {
    const people = [...new Set(userIds)];
    return this.access.change(actor, roomId, 'can_add_users', async (grant) => {
      const assignment = assignRole(grant, PLAIN_MEMBER, wish);
      await this.relations.lockUsers([actor.userId, ...people]);
      await this.relations.requireMayAdd(actor.userId, people, grant.room.type);
      await this.memberships.createMemberships(grant.room, grant.head, people, assignment, { actorId: actor.userId, event: 'user_added' });
      return this.views.getRoomUsers(roomId, people, actor.userId);
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
