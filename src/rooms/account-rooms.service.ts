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

/** Rooms of one step: one transaction, or a part of the caller's. */
const ROOMS_AT_ONCE = 20;

/** A room whose owner's account rests: the heir is the one among its members whose account is live and who comes next. */
export interface InactiveOwner {
  readonly owner: RoomMember;
  readonly successor: RoomMember | undefined;
}

/**
 * What becomes of somebody's rooms when their account rests or ends. A person may own and sit in thousands, so it goes in steps by the id
 * of the room: each method takes the last step's answer (null at first) and gives the next one's, null at the end. A step done twice does
 * no harm.
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

  /** For an account that rests: rooms of theirs go to the longest-standing live admin, else member; where there is none, they keep them. */
  transferOnDeactivation(userId: string, after: string | null = null): Promise<string | null> {
    return this.step(userId, { owned: true, liveOnly: true }, after, (room, member, heir) =>
      member.role === 'owner' && heir ? this.ownership.assignOwner(room, member, heir) : undefined,
    );
  }

  /** For an account that ends, first: the same, and rooms in which they sit alone are deleted. */
  transferOnDeletion(userId: string, after: string | null = null): Promise<string | null> {
    return this.step(userId, { owned: true, liveOnly: false }, after, (room, member, heir) =>
      member.role === 'owner' ? this.assignOwner(room, member, heir) : undefined,
    );
  }

  /**
   * For an account that ends, then: they leave every room but private ones, which stay for the other. Nothing waits there for them, and what
   * they did not send stays nowhere.
   */
  async leaveAllRooms(userId: string, after: string | null = null): Promise<string | null> {
    const last = await this.step(userId, { owned: false, liveOnly: false }, after, async (room, member, heir) => {
      if (member.role === 'owner') {
        await this.assignOwner(room, member, heir);
        if (!heir) return;
      }
      await this.memberships.endMembership(room, member, 'left', userId);
    });
    if (last !== null) return last;
    await this.roomRepository.deleteKeptSilences(userId);
    await this.roomRepository.clearDrafts(userId);
    return null;
  }

  /** For an account that wakes: rooms of theirs whose owner rests become theirs, if nobody else in them is live. */
  async reclaimOwnership(userId: string, after: string | null = null): Promise<string | null> {
    const roomIds = await this.roomRepository.findRoomIdsWithInactiveOwner(userId, { after, limit: ROOMS_AT_ONCE });
    await this.access.holdAll(roomIds, async (rooms) =>
      this.assignSuccessors(rooms, await this.lockInactiveOwners(roomIds, userId), userId),
    );
    return roomIds.length < ROOMS_AT_ONCE ? null : (roomIds.at(-1) ?? null);
  }

  /** Gives rooms whose owner rests to their heirs, where one is live: an import may have seated them so. */
  async assignImportedOwners(roomIds: readonly string[]): Promise<void> {
    for (const some of chunks(roomIds, ROOMS_AT_ONCE)) {
      await this.access.holdAll(some, async (rooms) => this.assignSuccessors(rooms, await this.lockInactiveOwners(some)));
    }
  }

  /**
   * Those of the rooms whose owner rests. Where there are any, the heads of their owners and heirs are held, and this person's, before any
   * other. Expects the rooms' heads. @param roomIds at most 100
   */
  lockInactiveOwners(roomIds: readonly string[], userId?: string): Promise<Map<string, InactiveOwner>> {
    return this.lockRooms(async () => {
      const owners = await this.roomRepository.findInactiveOwners(roomIds);
      const heirs = await this.roomRepository.findSuccessors([...owners.keys()], { liveOnly: true });
      const found = new Map([...owners].map(([id, owner]): [string, InactiveOwner] => [id, { owner, successor: heirs.get(id) }]));
      const userIds = idsOf([...owners.values(), ...heirs.values()]);
      return { found, userIds: userId && userIds.length > 0 ? [userId, ...userIds] : userIds };
    });
  }

  /** Gives each vacancy to its heir, else to this member, who is live or about to be. */
  async assignSuccessors(rooms: readonly Room[], vacancies: ReadonlyMap<string, InactiveOwner>, userId?: string): Promise<void> {
    const unclaimed = [...vacancies].filter(([, { successor: heir }]) => !heir).map(([id]) => id);
    const own = userId && unclaimed.length > 0 ? await this.roomRepository.findMemberships(userId, unclaimed) : [];
    const seats = new Map(own.map((member) => [member.roomId, member]));
    for (const room of rooms) {
      const vacancy = vacancies.get(room.id);
      const heir = vacancy?.successor ?? seats.get(room.id);
      if (vacancy && heir && heir.userId !== vacancy.owner.userId) await this.ownership.assignOwner(room, vacancy.owner, heir);
    }
  }

  private assignOwner(room: Room, member: RoomMember, heir: RoomMember | undefined): Promise<void> {
    return heir ? this.ownership.assignOwner(room, member, heir) : this.deletion.deleteLockedRoom(room);
  }

  private async step(
    userId: string,
    { owned, liveOnly }: { owned: boolean; liveOnly: boolean },
    after: string | null,
    work: (room: Room, member: RoomMember, heir: RoomMember | undefined) => Promise<void> | undefined,
  ): Promise<string | null> {
    const roomIds = await this.roomRepository.findRoomIds(userId, { owned, after, limit: ROOMS_AT_ONCE });
    await this.access.holdAll(roomIds, async (rooms) => {
      const heirs = await this.findSuccessors(roomIds, userId, liveOnly);
      const seats = new Map((await this.roomRepository.findMemberships(userId, roomIds)).map((member) => [member.roomId, member]));
      for (const room of rooms) {
        const member = seats.get(room.id);
        if (member) await work(room, member, heirs.get(room.id));
      }
    });
    return roomIds.length < ROOMS_AT_ONCE ? null : (roomIds.at(-1) ?? null);
  }

  /** Who takes the rooms over, held: an account that rests or ends holds its own head, so nobody is chosen who goes at the same moment. */
  private findSuccessors(roomIds: readonly string[], userId: string, liveOnly: boolean): Promise<Map<string, RoomMember>> {
    return this.lockRooms(async () => {
      const found = await this.roomRepository.findSuccessors(roomIds, { besides: userId, liveOnly });
      return { found, userIds: [userId, ...idsOf([...found.values()])] };
    });
  }

  /** What is found once the heads of all whom the finding depends on are held. */
  private async lockRooms<T>(find: () => Promise<{ found: T; userIds: readonly string[] }>): Promise<T> {
    const held = new Set<string>();
    for (;;) {
      const { found, userIds } = await find();
      if (userIds.every((id) => held.has(id))) return found;
      // All at once, as everybody takes them: one by one would be a deadlock with who takes two.
      await this.heads.lock(userIds);
      for (const id of userIds) held.add(id);
    }
  }
}

const idsOf = (members: readonly RoomMember[]): string[] => members.map(({ userId }) => userId);
