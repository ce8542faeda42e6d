import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { Memberships } from '../room-users/memberships.service.js';
import { AccountRooms } from './account-rooms.service.js';
import { RoomDeletion } from './room-deletion.service.js';
import { RoomViews } from './room-views.service.js';
import type { RoomView } from './room.view.js';
import { OwnerMustTransfer, NotForPrivateRooms } from './rooms.errors.js';

/** Joining public rooms, and leaving rooms. */
@Injectable()
export class JoinLeaveService {
  constructor(
    private readonly access: RoomAccess,
    private readonly memberships: Memberships,
    private readonly deletion: RoomDeletion,
    private readonly accountRooms: AccountRooms,
    private readonly views: RoomViews,
  ) {}

  /**
   * Joins a public room; a member stays as they are. If the owner is inactive and there is no successor, the actor becomes owner.
   * @throws RoomNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  joinRoom(actor: Actor, roomId: string): Promise<RoomView> {
    return this.access.enter(actor, roomId, async ({ room, head, member }) => {
      if (!member) {
        const inactiveOwners = await this.accountRooms.lockInactiveOwners([room.id], actor.userId);
        await this.memberships.joinAsMember(room, head, actor.userId);
        await this.accountRooms.assignSuccessors([room], inactiveOwners, actor.userId);
      }
      return this.views.getRoomView(actor.userId, roomId);
    });
  }

  /** Leaves a room; the last member deletes it. @throws RoomNotFound, Forbidden not_member, NotForPrivateRooms, OwnerMustTransfer */
  leaveRoom(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, head, member }) => {
      if (room.isPrivate) throw new NotForPrivateRooms();
      if (head.memberCount === 1) return this.deletion.deleteLockedRoom(room);
      if (member.role === 'owner') throw new OwnerMustTransfer();
      return this.memberships.endMembership(room, member, 'left', actor.userId);
    });
  }
}
