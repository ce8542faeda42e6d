import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { requireFuture } from '../common/times.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomLog, type AuditEntry } from '../room-access/room-log.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import { permissionsOf } from '../room-access/permission-set.policy.js';
import type { RoomMember } from '../room-access/room-member.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { UpdateMemberDto } from './dto/room-user.dto.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { RoomUserView } from './room-user.view.js';
import { RoomUserUpdated } from './room-users.events.js';
import { requireRankAbove, isLogged, PLAIN_MEMBER, sameAssignment, assignRole, type RoleAssignment } from './role-assignment.policy.js';

/** A member and their new values. */
export interface MemberUpdate {
  member: RoomMember;
  assignment: RoleAssignment;
  silencedUntil: Date | null;
}

/** Changes what other members decide about a member: role, permissions, silence. */
@Injectable()
export class MemberUpdates {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly log: RoomLog,
    private readonly heads: UserHeads,
    private readonly events: DomainEvents,
    private readonly views: RoomUserViews,
  ) {}

  /**
   * Updates a member of a lower rank. Role and permissions need `can_manage_roles`, silence `can_remove_users`. The kept silence of a former
   * member can be changed, too; then the result is null.
   * @throws Forbidden role_preset, not_granted, rank; RoomUserNotFound, TimeIsPast
   */
  updateMember(actor: Actor, roomId: string, userId: string, dto: UpdateMemberDto): Promise<RoomUserView | null> {
    return this.access.change(actor, roomId, null, async (grant) => {
      requireMayUpdate(grant, dto);
      const member = await this.roomRepository.findMember(roomId, userId);
      if (!member) return this.updateKeptSilence(actor, grant, userId, dto);
      if (changesRole(dto) || dto.silencedUntil !== undefined) requireRankAbove(grant, member.role);
      const assignment = assignRole(grant, member, dto);
      const silencedUntil = dto.silencedUntil === undefined ? member.silencedUntil : requireFuture('silencedUntil', dto.silencedUntil);
      const entries = auditEntries(actor, member, assignment, silencedUntil);
      if (entries.length > 0) await this.writeMemberUpdates(grant.room, [{ member, assignment, silencedUntil }]);
      await this.log.audit(roomId, ...entries);
      return this.views.getRoomUser(roomId, userId, actor.userId);
    });
  }

  /**
   * Writes role assignments and silences of members of one room, each as a step of the change log, in the order given, and publishes them.
   * Expects the locked room head. @param updates at most 2
   */
  async writeMemberUpdates(room: Room, updates: readonly MemberUpdate[]): Promise<void> {
    const my = await this.heads.nextNumbers(updates.map(({ member }) => member.userId));
    for (const { member, assignment, silencedUntil } of updates) {
      const { roomId, userId } = member;
      const { role, allow, deny } = assignment;
      const logged = isLogged(room.type, member) || isLogged(room.type, assignment);
      const step = await this.roomRepository.updateMemberRow({ roomId, userId, role, allow, deny, silencedUntil }, logged);
      const [roomUser] = await this.views.getRoomUsers(roomId, [userId], null);
      if (roomUser) this.events.publish(new RoomUserUpdated(roomId, step.prevRev, step.rev, step.fence, roomUser, my.get(userId) ?? 0));
    }
  }

  /** Changes or lifts the kept silence of a former member, who counts as a plain member. Publishes no event. */
  private async updateKeptSilence(actor: Actor, grant: RoomGrant, userId: string, dto: UpdateMemberDto): Promise<null> {
    const { id } = grant.room;
    const kept = await this.roomRepository.findKeptSilence(id, userId);
    if (!kept || changesRole(dto) || dto.silencedUntil === undefined) throw new RoomUserNotFound();
    requireRankAbove(grant, PLAIN_MEMBER.role);
    const until = requireFuture('silencedUntil', dto.silencedUntil);
    await this.roomRepository.saveKeptSilence(id, userId, until);
    await this.log.audit(id, ...silenceAuditEntries(actor, userId, kept, until));
    return null;
  }
}

const changesRole = ({ role, permissions }: UpdateMemberDto): boolean => role !== undefined || permissions !== undefined;

/** Checked before the membership, so that the answer does not depend on it. @throws Forbidden role_preset, not_granted */
function requireMayUpdate(grant: RoomGrant, dto: UpdateMemberDto): void {
  if (changesRole(dto)) grant.requirePermission('can_manage_roles');
  if (dto.silencedUntil !== undefined) grant.requirePermission('can_remove_users');
}

/** Returns an audit entry for each change; none if nothing changed. */
function auditEntries(actor: Actor, member: RoomMember, assignment: RoleAssignment, silencedUntil: Date | null): AuditEntry[] {
  const about = { actorId: actor.userId, targetUserId: member.userId };
  const entries = silenceAuditEntries(actor, member.userId, member.silencedUntil, silencedUntil);
  if (assignment.role !== member.role)
    entries.unshift({ ...about, action: 'role_changed', detail: { from: member.role, to: assignment.role } });
  else if (!sameAssignment(assignment, member)) {
    const detail = { allowed: permissionsOf(assignment.allow), denied: permissionsOf(assignment.deny) };
    entries.unshift({ ...about, action: 'permissions_changed', detail });
  }
  return entries;
}

function silenceAuditEntries(actor: Actor, targetUserId: string, from: Date | null, to: Date | null): AuditEntry[] {
  if (from?.getTime() === to?.getTime()) return [];
  const about = { actorId: actor.userId, targetUserId };
  return [
    to ? { ...about, action: 'user_silenced', detail: { until: to.toISOString() } } : { ...about, action: 'silence_lifted', detail: {} },
  ];
}
