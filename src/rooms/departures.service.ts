import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { Seating } from '../room-users/seating.service.js';
import { AccountRooms } from './account-rooms.service.js';
import { Closing } from './closing.service.js';
import { RoomViews } from './room-views.service.js';
import type { RoomView } from './room.view.js';
import { OwnerMustTransfer, PrivateRoom } from './rooms.errors.js';

/** Coming into a room and going by one's own will, and the end of one by somebody's. */
@Injectable()
export class Departures {
  constructor(
    private readonly access: RoomAccess,
    private readonly seating: Seating,
    private readonly closing: Closing,
    private readonly accounts: AccountRooms,
    private readonly views: RoomViews,
  ) {}

  /**
   * Takes a seat in a public room; who has one keeps it. Where the owner rests and nobody is live the
   * room is theirs then.
   * @throws RoomNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  join(actor: Actor, roomId: string): Promise<RoomView> {
    return this.access.enter(actor, roomId, async ({ room, head, member }) => {
      if (!member) {
        const vacant = await this.accounts.vacancies([room.id], actor.userId);
        await this.seating.welcome(room, head, actor.userId);
        await this.accounts.succeed([room], vacant, actor.userId);
      }
      return this.views.of(actor.userId, roomId);
    });
  }

  /** The last to leave ends the room. @throws RoomNotFound, Forbidden not_member, PrivateRoom, OwnerMustTransfer */
  leave(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, null, async ({ room, head, member }) => {
      if (room.isPrivate) throw new PrivateRoom();
      if (head.memberCount === 1) return this.closing.close(room);
      if (member.role === 'owner') throw new OwnerMustTransfer();
      return this.seating.release(room, member, 'left', actor.userId);
    });
  }

  /** Ends a room for everybody. @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  delete(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_delete_room', ({ room }) => this.closing.close(room));
  }
}
