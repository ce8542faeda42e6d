import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';

/** Up to this many members each receive the deletion with a number of their own. */
const MAX_NUMBERED = 1_000;

/** Deletes rooms: the members lose access at the commit, RoomPurge deletes the rows afterwards. */
@Injectable()
export class RoomDeletion {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly publisher: RoomEventPublisher,
    private readonly purge: RoomPurge,
  ) {}

  /** @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  deleteRoom(actor: Actor, roomId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_delete_room', ({ room }) => this.deleteLockedRoom(room));
  }

  /** Expects the transaction that has locked the room head. */
  async deleteLockedRoom(room: Room): Promise<void> {
    const userIds = await this.roomRepository.findMemberIds(room.id, MAX_NUMBERED);
    const my = userIds ? await this.heads.nextNumbers(userIds) : new Map<string, number>();
    const fence = await this.roomRepository.markRoomDeleted(room);
    await this.purge.enqueuePurge(room.id);
    this.publisher.publishDeleted(room, fence, userIds, my);
  }
}
