import { Injectable } from '@nestjs/common';
import { chunks } from '../common/chunks.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import type { RoomUser } from '../room-access/room-user.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { Seating } from '../room-users/seating.service.js';
import { UserHeads } from '../users/user-heads.service.js';
import { Closing } from './closing.service.js';
import { Ownership } from './ownership.service.js';

/** Rooms of one step: one transaction, or a part of the caller's. */
const ROOMS_AT_ONCE = 20;

/** A room whose owner's account rests: the heir is the one among its members whose account is live and who comes next. */
export interface Vacancy {
  readonly owner: RoomUser;
  readonly heir: RoomUser | undefined;
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
    private readonly rows: RoomRows,
    private readonly heads: UserHeads,
    private readonly ownership: Ownership,
    private readonly seating: Seating,
    private readonly closing: Closing,
  ) {}

  /** For an account that rests: rooms of theirs go to the longest-standing live admin, else member; where there is none, they keep them. */
  handOver(userId: string, after: string | null = null): Promise<string | null> {
    return this.step(userId, { owned: true, liveOnly: true }, after, (room, seat, heir) =>
      seat.role === 'owner' && heir ? this.ownership.pass(room, seat, heir) : undefined,
    );
  }

  /** For an account that ends, first: the same, and rooms in which they sit alone are deleted. */
  abandon(userId: string, after: string | null = null): Promise<string | null> {
    return this.step(userId, { owned: true, liveOnly: false }, after, (room, seat, heir) =>
      seat.role === 'owner' ? this.pass(room, seat, heir) : undefined,
    );
  }

  /**
   * For an account that ends, then: they leave every room but private ones, which stay for the other. Nothing waits there for them, and what
   * they did not send stays nowhere.
   */
  async leave(userId: string, after: string | null = null): Promise<string | null> {
    const last = await this.step(userId, { owned: false, liveOnly: false }, after, async (room, seat, heir) => {
      if (seat.role === 'owner') {
        await this.pass(room, seat, heir);
        if (!heir) return;
      }
      await this.seating.release(room, seat, 'left', userId);
    });
    if (last !== null) return last;
    await this.rows.dropSilences(userId);
    await this.rows.dropDrafts(userId);
    return null;
  }

  /** For an account that wakes: rooms of theirs whose owner rests become theirs, if nobody else in them is live. */
  async takeOver(userId: string, after: string | null = null): Promise<string | null> {
    const roomIds = await this.rows.roomsAtRest(userId, { after, limit: ROOMS_AT_ONCE });
    await this.access.holdAll(roomIds, async (rooms) => this.succeed(rooms, await this.vacancies(roomIds, userId), userId));
    return roomIds.length < ROOMS_AT_ONCE ? null : (roomIds.at(-1) ?? null);
  }

  /** Gives rooms whose owner rests to their heirs, where one is live: an import may have seated them so. */
  async settle(roomIds: readonly string[]): Promise<void> {
    for (const some of chunks(roomIds, ROOMS_AT_ONCE)) {
      await this.access.holdAll(some, async (rooms) => this.succeed(rooms, await this.vacancies(some)));
    }
  }

  /**
   * Those of the rooms whose owner rests. Where there are any, the heads of their owners and heirs are held, and this person's, before any
   * other. Expects the rooms' heads. @param roomIds at most 100
   */
  vacancies(roomIds: readonly string[], userId?: string): Promise<Map<string, Vacancy>> {
    return this.holding(async () => {
      const owners = await this.rows.restingOwners(roomIds);
      const heirs = await this.rows.heirs([...owners.keys()], { liveOnly: true });
      const found = new Map([...owners].map(([id, owner]): [string, Vacancy] => [id, { owner, heir: heirs.get(id) }]));
      const userIds = idsOf([...owners.values(), ...heirs.values()]);
      return { found, userIds: userId && userIds.length > 0 ? [userId, ...userIds] : userIds };
    });
  }

  /** Gives each vacancy to its heir, else to this member, who is live or about to be. */
  async succeed(rooms: readonly Room[], vacancies: ReadonlyMap<string, Vacancy>, userId?: string): Promise<void> {
    const unclaimed = [...vacancies].filter(([, { heir }]) => !heir).map(([id]) => id);
    const own = userId && unclaimed.length > 0 ? await this.rows.seatsOf(userId, unclaimed) : [];
    const seats = new Map(own.map((seat) => [seat.roomId, seat]));
    for (const room of rooms) {
      const vacancy = vacancies.get(room.id);
      const heir = vacancy?.heir ?? seats.get(room.id);
      if (vacancy && heir && heir.userId !== vacancy.owner.userId) await this.ownership.pass(room, vacancy.owner, heir);
    }
  }

  private pass(room: Room, seat: RoomUser, heir: RoomUser | undefined): Promise<void> {
    return heir ? this.ownership.pass(room, seat, heir) : this.closing.close(room);
  }

  private async step(
    userId: string,
    { owned, liveOnly }: { owned: boolean; liveOnly: boolean },
    after: string | null,
    work: (room: Room, seat: RoomUser, heir: RoomUser | undefined) => Promise<void> | undefined,
  ): Promise<string | null> {
    const roomIds = await this.rows.roomsOf(userId, { owned, after, limit: ROOMS_AT_ONCE });
    await this.access.holdAll(roomIds, async (rooms) => {
      const heirs = await this.heirs(roomIds, userId, liveOnly);
      const seats = new Map((await this.rows.seatsOf(userId, roomIds)).map((seat) => [seat.roomId, seat]));
      for (const room of rooms) {
        const seat = seats.get(room.id);
        if (seat) await work(room, seat, heirs.get(room.id));
      }
    });
    return roomIds.length < ROOMS_AT_ONCE ? null : (roomIds.at(-1) ?? null);
  }

  /** Who takes the rooms over, held: an account that rests or ends holds its own head, so nobody is chosen who goes at the same moment. */
  private heirs(roomIds: readonly string[], userId: string, liveOnly: boolean): Promise<Map<string, RoomUser>> {
    return this.holding(async () => {
      const found = await this.rows.heirs(roomIds, { besides: userId, liveOnly });
      return { found, userIds: [userId, ...idsOf([...found.values()])] };
    });
  }

  /** What is found once the heads of all whom the finding depends on are held. */
  private async holding<T>(find: () => Promise<{ found: T; userIds: readonly string[] }>): Promise<T> {
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

const idsOf = (seats: readonly RoomUser[]): string[] => seats.map(({ userId }) => userId);
