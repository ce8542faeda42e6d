import { Injectable } from '@nestjs/common';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { type NewMember, RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import { RoomUserViews } from '../room-users/room-user-views.service.js';
import { PLAIN_MEMBER } from '../room-users/role-assignment.policy.js';
import { Memberships } from '../room-users/memberships.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';

/** Making a room with its first people. It judges nobody. */
@Injectable()
export class RoomCreation {
  constructor(
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly views: RoomUserViews,
    private readonly publisher: RoomEventPublisher,
    private readonly memberships: Memberships,
  ) {}

  /**
   * A new room; its maker owns it, unless it is private. Expects the transaction that holds the people's heads.
   * @param people the others, at most 100  @throws RoomFull, TooManyRooms
   */
  async insertRoomWithMembers(fields: Partial<Room> & Pick<Room, 'type'>, actorId: string, people: readonly string[]): Promise<Room> {
    const everybody = [actorId, ...people];
    const my = await this.heads.nextNumbers(everybody);
    const { room, head } = await this.roomRepository.insertRoom({ ...fields, createdBy: actorId });
    await this.views.requireCapacity(room, head, everybody);
    const maker: NewMember = { userId: actorId, role: room.isPrivate ? 'member' : 'owner' };
    const others = people.map((userId): NewMember => ({ userId }));
    if (room.type === 'channel') {
      await this.roomRepository.insertMembers(room, [maker], actorId);
      if (others.length > 0) await this.roomRepository.insertMembers(room, others, actorId, false);
    } else await this.roomRepository.insertMembers(room, [maker, ...others], actorId);
    await this.publisher.publishCreated(room, actorId, people, my);
    return room;
  }

  /** Seats who is missing of the two of a private room, as an import may leave it. Expects the room's head. */
  async addMissingMembers(room: Room, head: RoomHead, actorId: string): Promise<void> {
    const missing: string[] = [];
    for (const userId of [room.userLow, room.userHigh]) {
      if (userId && !(await this.roomRepository.findMember(room.id, userId))) missing.push(userId);
    }
    if (missing.length > 0) await this.memberships.createMemberships(room, head, missing, PLAIN_MEMBER, { actorId, event: 'user_joined' });
  }
}
