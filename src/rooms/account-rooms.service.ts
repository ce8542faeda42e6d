import { Injectable } from '@nestjs/common';
import { chunks } from '../common/chunks.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { RoomMember } from '../room-access/room-member.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { Memberships } from '../room-users/memberships.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { RoomDeletion } from './room-deletion.service.js';
import { Ownership } from './ownership.service.js';

/** Rooms of one step: one transaction, or part of the caller's. */
const ROOMS_PER_STEP = 20;

/** An inactive owner, and the member with an active account who becomes owner, if there is one. */
export interface InactiveOwner {
  readonly owner: RoomMember;
  readonly successor: RoomMember | undefined;
}

type RoomStep = (room: Room, member: RoomMember, successor: RoomMember | undefined) => Promise<void> | undefined;

/**
 * What happens to the rooms of a user whose account is deactivated, activated or deleted. They may be thousands, so a method does one step,
 * in the order of room ids: it takes the answer of the last step (at first null) and returns null at the end. A step may be repeated.
 */
@Injectable()
export class AccountRooms {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly ownership: Ownership,
    private readonly memberships: Memberships,
    private readonly deletion: RoomDeletion,
  ) {}

  /** When an owner is deactivated: the longest-serving active admin, else member, becomes owner. Without one the owner stays. */
  transferOnDeactivation(userId: string, after: string | null = null): Promise<string | null> {
    return this.forNextRooms(userId, { owned: true, activeOnly: true }, after, (room, member, successor) =>
      member.role === 'owner' && successor ? this.ownership.assignOwner(room, member, successor) : undefined,
    );
  }

  /** When an owner is deleted, first: the same, also to a deactivated successor. Deletes rooms without other members. */
  transferOnDeletion(userId: string, after: string | null = null): Promise<string | null> {
    return this.forNextRooms(userId, { owned: true, activeOnly: false }, after, (room, member, successor) =>
      member.role === 'owner' ? this.transferOrDelete(room, member, successor) : undefined,
    );
  }

  /** When a user is deleted, then: leaves every room but private ones, and deletes kept silences and drafts. */
  async leaveAllRooms(userId: string, after: string | null = null): Promise<string | null> {
    const last = await this.forNextRooms(userId, { owned: false, activeOnly: false }, after, async (room, member, successor) => {
      if (member.role === 'owner') {
        await this.transferOrDelete(room, member, successor);
        if (!successor) return;
      }
      await this.memberships.endMembership(room, member, 'left', userId);
    });
    if (last !== null) return last;
    await this.roomRepository.deleteKeptSilences(userId);
    await this.roomRepository.clearDrafts(userId);
    return null;
  }

  /** When a user is activated: becomes owner of rooms whose owner is inactive, unless there is another successor. */
  async reclaimOwnership(userId: string, after: string | null = null): Promise<string | null> {
    const roomIds = await this.roomRepository.findRoomIdsWithInactiveOwner(userId, { after, limit: ROOMS_PER_STEP });
    await this.access.holdAll(roomIds, async (rooms) =>
      this.assignSuccessors(rooms, await this.lockInactiveOwners(roomIds, userId), userId),
    );
    return lastOf(roomIds);
  }

  /** After an import: transfers rooms with an inactive owner to their successors. */
  async assignImportedOwners(roomIds: readonly string[]): Promise<void> {
    for (const group of chunks(roomIds, ROOMS_PER_STEP)) {
      await this.access.holdAll(group, async (rooms) => this.assignSuccessors(rooms, await this.lockInactiveOwners(group)));
    }
  }

  /**
   * Finds the inactive owners of the rooms. If there are any, locks the user heads of owners and successors, and of `userId`. Expects the
   * locked room heads. @param roomIds at most 100
   */
  lockInactiveOwners(roomIds: readonly string[], userId?: string): Promise<Map<string, InactiveOwner>> {
    return this.findLocked(async () => {
      const owners = await this.roomRepository.findInactiveOwners(roomIds);
      const successors = await this.roomRepository.findSuccessors([...owners.keys()], { activeOnly: true });
      const found = new Map([...owners].map(([id, owner]): [string, InactiveOwner] => [id, { owner, successor: successors.get(id) }]));
      const userIds = idsOf([...owners.values(), ...successors.values()]);
      return { found, userIds: userId && userIds.length > 0 ? [userId, ...userIds] : userIds };
    });
  }

  /** Transfers each room to its successor, else to `userId`, a member who is active or becomes so in this transaction. */
  async assignSuccessors(rooms: readonly Room[], inactiveOwners: ReadonlyMap<string, InactiveOwner>, userId?: string): Promise<void> {
    const unclaimed = [...inactiveOwners].filter(([, { successor }]) => !successor).map(([id]) => id);
    const own =
      userId && unclaimed.length > 0 ? await this.roomRepository.findMemberships(userId, unclaimed) : new Map<string, RoomMember>();
    for (const room of rooms) {
      const inactive = inactiveOwners.get(room.id);
      const successor = inactive?.successor ?? own.get(room.id);
      if (inactive && successor && successor.userId !== inactive.owner.userId) {
        await this.ownership.assignOwner(room, inactive.owner, successor);
      }
    }
  }

  private transferOrDelete(room: Room, member: RoomMember, successor: RoomMember | undefined): Promise<void> {
    return successor ? this.ownership.assignOwner(room, member, successor) : this.deletion.deleteLockedRoom(room);
  }

  private async forNextRooms(
    userId: string,
    { owned, activeOnly }: { owned: boolean; activeOnly: boolean },
    after: string | null,
    work: RoomStep,
  ): Promise<string | null> {
    const roomIds = await this.roomRepository.findRoomIds(userId, { owned, after, limit: ROOMS_PER_STEP });
    await this.access.holdAll(roomIds, async (rooms) => {
      const successors = await this.findLocked(async () => {
        const found = await this.roomRepository.findSuccessors(roomIds, { except: userId, activeOnly });
        return { found, userIds: [userId, ...idsOf([...found.values()])] };
      });
      const own = await this.roomRepository.findMemberships(userId, roomIds);
      for (const room of rooms) {
        const member = own.get(room.id);
        if (member) await work(room, member, successors.get(room.id));
      }
    });
    return lastOf(roomIds);
  }

  /** Repeats `find` until the user heads of all on whom its result depends are locked: a deactivation or deletion locks its own head. */
  private async findLocked<T>(find: () => Promise<{ found: T; userIds: readonly string[] }>): Promise<T> {
    const locked = new Set<string>();
    for (;;) {
      const { found, userIds } = await find();
      if (userIds.every((id) => locked.has(id))) return found;
      // All in one statement, as everywhere: one by one would deadlock with a transaction that locks two.
      await this.heads.lock(userIds);
      for (const id of userIds) locked.add(id);
    }
  }
}

const idsOf = (members: readonly RoomMember[]): string[] => members.map(({ userId }) => userId);

/** Where the next step begins; null if this was the last. */
const lastOf = (roomIds: readonly string[]): string | null => (roomIds.length < ROOMS_PER_STEP ? null : (roomIds.at(-1) ?? null));
