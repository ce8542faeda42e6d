import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { RoomMember } from '../room-access/room-member.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { MemberUpdates } from '../room-users/member-updates.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import { UsersService } from '../users/users.service.js';
import { NotForPrivateRooms } from './rooms.errors.js';

/** Transfers the ownership of rooms. Every room but a private one has exactly one owner. */
@Injectable()
export class Ownership {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly memberUpdates: MemberUpdates,
    private readonly messageRepository: MessageRepository,
    private readonly log: RoomLog,
    private readonly users: UsersService,
  ) {}

  /**
   * Makes another member the owner; only the owner may, and becomes an admin.
   * @throws RoomNotFound, Forbidden not_member, role_preset; NotForPrivateRooms, RoomUserNotFound, UserNotFound (inactive account)
   */
  transferOwnership(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, member }) => {
      if (room.isPrivate) throw new NotForPrivateRooms();
      if (member.role !== 'owner') throw new Forbidden('role_preset');
      if (userId === actor.userId) return;
      const successor = await this.roomRepository.findMember(roomId, userId);
      if (!successor) throw new RoomUserNotFound();
      await this.assignOwner(room, member, successor);
      // Last: assignOwner has locked the successor's user head, so a deactivation or deletion is either visible here or comes after.
      await this.users.requireActiveUser(userId);
    });
  }

  /** Makes the successor the owner and the owner an admin. Expects the locked room head. */
  async assignOwner(room: Room, owner: RoomMember, successor: RoomMember): Promise<void> {
    // The old owner first: the unique index allows one at a time.
    await this.memberUpdates.writeMemberUpdates(room, [
      { member: owner, assignment: { role: 'admin', allow: 0, deny: 0 }, silencedUntil: null },
      { member: successor, assignment: { role: 'owner', allow: 0, deny: 0 }, silencedUntil: null },
    ]);
    await this.messageRepository.appendSystemMessage(room.id, owner.userId, 'owner_changed', [successor.userId]);
    await this.log.audit(room.id, { actorId: owner.userId, action: 'owner_changed', targetUserId: successor.userId });
  }
}
