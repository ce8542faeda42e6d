import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { Memberships } from '../room-users/memberships.service.js';
import { AccountRooms } from './account-rooms.service.js';
import { RoomDeletion } from './room-deletion.service.js';
import { RoomViews } from './room-views.service.js';
import type { RoomView } from './room.view.js';
import { OwnerMustTransfer, NotForPrivateRooms } from './rooms.errors.js';

/** Coming into a room and going by one's own will, and the end of one by somebody's. */
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
   * Takes a seat in a public room; who has one keeps it. Where the owner rests and nobody is live the
   * room is theirs then.
   * @throws RoomNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  joinRoom(actor: Actor, roomId: string): Promise<RoomView> {
    return this.access.enter(actor, roomId, async ({ room, head, member }) => {
      if (!member) {
        const vacant = await this.accountRooms.lockInactiveOwners([room.id], actor.userId);
        await this.memberships.joinAsMember(room, head, actor.userId);
        await this.accountRooms.assignSuccessors([room], vacant, actor.userId);
      }
      return this.views.getRoomView(actor.userId, roomId);
    });
  }

  /** The last to leave ends the room. @throws RoomNotFound, Forbidden not_member, PrivateRoom, OwnerMustTransfer */
  leaveRoom(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, head, member }) => {
      if (room.isPrivate) throw new NotForPrivateRooms();
      if (head.memberCount === 1) return this.deletion.deleteLockedRoom(room);
      if (member.role === 'owner') throw new OwnerMustTransfer();
      return this.memberships.endMembership(room, member, 'left', actor.userId);
    });
  }

  /** Ends a room for everybody. @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  deleteRoom(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_delete_room', ({ room }) => this.deletion.deleteLockedRoom(room));
  }
}
