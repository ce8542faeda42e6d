import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import type { RoomUser } from '../room-access/room-user.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { SeatChanges } from '../room-users/seat-changes.service.js';
import { SystemMessages } from '../timeline/system-messages.service.js';
import { UsersService } from '../users/users.service.js';
import { PrivateRoom } from './rooms.errors.js';

/** Every room but a private one has exactly one owner. */
@Injectable()
export class Ownership {
  constructor(
    private readonly access: RoomAccess,
    private readonly rows: RoomRows,
    private readonly seats: SeatChanges,
    private readonly messages: SystemMessages,
    private readonly log: RoomLog,
    private readonly users: UsersService,
  ) {}

  /**
   * The owner hands the room to another member, and becomes an admin.
   * @throws RoomNotFound, Forbidden not_member, role_preset; PrivateRoom, RoomUserNotFound, UserNotFound (an account that is not live)
   */
  handOver(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, member }) => {
      if (room.isPrivate) throw new PrivateRoom();
      if (member.role !== 'owner') throw new Forbidden('role_preset');
      if (userId === actor.userId) return;
      const heir = await this.rows.seatOf(roomId, userId);
      if (!heir) throw new RoomUserNotFound();
      await this.pass(room, member, heir);
      // Last: passing holds the heir's head, so an account that rests or ends at this moment does so before this look, or after the room is theirs.
      await this.users.require(userId);
    });
  }

  /** Makes the heir the owner and the owner an admin. Expects the room's head. */
  async pass(room: Room, owner: RoomUser, heir: RoomUser): Promise<void> {
    // The old one first: at no moment are there two.
    await this.seats.reseat(room, [
      { seat: owner, set: { role: 'admin', allow: 0, deny: 0 }, silencedUntil: null },
      { seat: heir, set: { role: 'owner', allow: 0, deny: 0 }, silencedUntil: null },
    ]);
    await this.messages.append(room.id, owner.userId, 'owner_changed', [heir.userId]);
    await this.log.audit(room.id, { actorId: owner.userId, action: 'owner_changed', targetUserId: heir.userId });
  }
}
