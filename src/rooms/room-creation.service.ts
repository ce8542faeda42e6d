import { Injectable } from '@nestjs/common';
import type { RoomHead } from '../room-access/room-head.entity.js';
import { type NewMember, RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import { PLAIN_MEMBER } from '../room-users/role-assignment.policy.js';
import { Memberships } from '../room-users/memberships.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';

/** Creates rooms with their first members. Checks no access. */
@Injectable()
export class RoomCreation {
  constructor(
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly publisher: RoomEventPublisher,
    private readonly memberships: Memberships,
  ) {}

  /**
   * Inserts a room; its creator is the owner, unless it is private. Expects the transaction that has locked the user heads.
   * @param userIds the other members, at most 100  @throws RoomFull, TooManyRooms
   */
  async insertRoomWithMembers(fields: Partial<Room> & Pick<Room, 'type'>, actorId: string, userIds: readonly string[]): Promise<Room> {
    const allIds = [actorId, ...userIds];
    const my = await this.heads.nextNumbers(allIds);
    const { room, head } = await this.roomRepository.insertRoom({ ...fields, createdBy: actorId });
    await this.roomRepository.requireCapacity(room, head, allIds);
    const creator: NewMember = { userId: actorId, role: room.isPrivate ? 'member' : 'owner' };
    const others = userIds.map((userId): NewMember => ({ userId }));
    if (room.type === 'channel') {
      await this.roomRepository.insertMembers(room, [creator], actorId);
      if (others.length > 0) await this.roomRepository.insertMembers(room, others, actorId, false);
    } else await this.roomRepository.insertMembers(room, [creator, ...others], actorId);
    await this.publisher.publishCreated(room, actorId, userIds, my);
    return room;
  }

  /** Adds the missing ones of the two members of a private room, as an import may leave it. Expects the locked room head. */
  async addMissingMembers(room: Room, head: RoomHead, actorId: string): Promise<void> {
    const members = (await this.roomRepository.findMemberIds(room.id, 2)) ?? [];
    const missing = [room.userLow, room.userHigh].filter((userId) => userId !== null).filter((userId) => !members.includes(userId));
    if (missing.length > 0) await this.memberships.createMemberships(room, head, missing, PLAIN_MEMBER, { actorId, event: 'user_joined' });
  }
}
