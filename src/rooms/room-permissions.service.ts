import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { bitsOf, presetBits } from '../room-access/permission-set.policy.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { RoomMember } from '../room-access/room-member.entity.js';
import type { PermissionRule, RoomPermissionsView } from './room.view.js';

/** Explains which permissions a member has, and by which rule. */
@Injectable()
export class RoomPermissions {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
  ) {}

  /** Explains the actor's own permissions; to admins and owners also those of another member. @throws RoomNotFound, Forbidden not_member, role_preset; RoomUserNotFound */
  async explainPermissions(actor: Actor, roomId: string, userId: string = actor.userId): Promise<RoomPermissionsView> {
    const grant = await this.access.read(actor, roomId);
    if (userId !== actor.userId && grant.member.role === 'member') throw new Forbidden('role_preset');
    const member = userId === actor.userId ? grant.member : await this.roomRepository.findMember(roomId, userId);
    if (!member) throw new RoomUserNotFound();
    const permissions = ROOM_PERMISSIONS.map((permission) => ({ permission, ...ruleFor(grant, member, permission) }));
    return { userId, role: member.role, permissions };
  }
}

function ruleFor(grant: RoomGrant, member: RoomMember, permission: RoomPermission): { allowed: boolean; rule: PermissionRule } {
  const bit = bitsOf([permission]);
  const inPreset = (presetBits(grant.room.type, member.role) & bit) !== 0;
  if (member.deny & bit) return { allowed: false, rule: 'not_granted' };
  if (!inPreset && !(member.allow & bit)) return { allowed: false, rule: 'role_preset' };
  if (permission === 'can_create_messages') {
    if (!grant.writable) return { allowed: false, rule: 'room_inactive' };
    if (member.silencedUntil && member.silencedUntil.getTime() > Date.now()) return { allowed: false, rule: 'silenced' };
  }
  return { allowed: true, rule: inPreset ? 'role_preset' : 'granted' };
}
