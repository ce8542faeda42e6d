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
import { SystemMessages } from '../timeline/system-messages.service.js';
import { UsersService } from '../users/users.service.js';
import { NotForPrivateRooms } from './rooms.errors.js';

/** Every room but a private one has exactly one owner. */
@Injectable()
export class Ownership {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly memberUpdates: MemberUpdates,
    private readonly messages: SystemMessages,
    private readonly log: RoomLog,
    private readonly users: UsersService,
  ) {}

  /**
   * The owner hands the room to another member, and becomes an admin.
   * @throws RoomNotFound, Forbidden not_member, role_preset; PrivateRoom, RoomUserNotFound, UserNotFound (an account that is not live)
   */
  transferOwnership(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, member }) => {
      if (room.isPrivate) throw new NotForPrivateRooms();
      if (member.role !== 'owner') throw new Forbidden('role_preset');
      if (userId === actor.userId) return;
      const heir = await this.roomRepository.findMember(roomId, userId);
      if (!heir) throw new RoomUserNotFound();
      await this.assignOwner(room, member, heir);
      // Last: passing holds the heir's head, so an account that rests or ends at this moment does so before this look, or after the room is theirs.
      await this.users.requireActiveUser(userId);
    });
  }

  /** Makes the heir the owner and the owner an admin. Expects the room's head. */
  async assignOwner(room: Room, owner: RoomMember, heir: RoomMember): Promise<void> {
    // The old one first: at no moment are there two.
    await this.memberUpdates.writeMemberUpdates(room, [
      { member: owner, assignment: { role: 'admin', allow: 0, deny: 0 }, silencedUntil: null },
      { member: heir, assignment: { role: 'owner', allow: 0, deny: 0 }, silencedUntil: null },
    ]);
    await this.messages.appendSystemMessage(room.id, owner.userId, 'owner_changed', [heir.userId]);
    await this.log.audit(room.id, { actorId: owner.userId, action: 'owner_changed', targetUserId: heir.userId });
  }
}
