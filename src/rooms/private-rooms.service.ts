import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { Relations } from '../friends/relations.service.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import type { Room } from '../room-access/room.entity.js';
import { RoomCreation } from './room-creation.service.js';
import { RoomViews } from './room-views.service.js';
import type { RoomView } from './room.view.js';
import { CannotMessageOneself, NotATeam } from './rooms.errors.js';

export interface RoomResult {
  room: RoomView;
  /** False: it was there already. */
  created: boolean;
}

type Looks = Pick<Partial<Room>, 'name' | 'description' | 'metaTags' | 'historyVisibility'>;

/** The room of two people: one a pair, and one a pair inside each team, under any race. */
@Injectable()
export class PrivateRooms {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: RoomAccess,
    private readonly relations: Relations,
    private readonly roomRepository: RoomRepository,
    private readonly creation: RoomCreation,
    private readonly views: RoomViews,
  ) {}

  /**
   * The private room with somebody; made if there is none and their privacy admits it. One that is there is given whatever privacy says now.
   * @param teamId the team inside which it stands; both must be in it
   * @throws CannotMessageOneself; UserNotFound, Forbidden privacy, blocked; of a team also RoomNotFound, Forbidden not_member, room_inactive,
   * NotATeam, RoomUserNotFound
   */
  async getOrCreatePrivateRoom(actor: Actor, userId: string, teamId: string | null = null, looks: Looks = {}): Promise<RoomResult> {
    if (userId === actor.userId) throw new CannotMessageOneself();
    const known = await this.known(actor, userId, teamId);
    if (known) return { room: known, created: false };
    return teamId === null
      ? this.transactions.run(() => this.make(actor, userId, null, looks))
      : this.makeInTeam(actor, userId, teamId, looks);
  }

  private makeInTeam(actor: Actor, userId: string, teamId: string, looks: Looks): Promise<RoomResult> {
    return this.access.change(actor, teamId, null, async (team) => {
      if (team.room.type !== 'team') throw new NotATeam();
      if (!(await this.roomRepository.findMember(teamId, userId))) throw new RoomUserNotFound();
      team.requireWritable();
      return this.make(actor, userId, teamId, looks);
    });
  }

  private async make(actor: Actor, userId: string, teamId: string | null, looks: Looks): Promise<RoomResult> {
    // Whoever opens a room for the same pair waits here, and then finds it.
    await this.relations.lockUsers([actor.userId, userId]);
    const known = await this.known(actor, userId, teamId);
    if (known) return { room: known, created: false };
    if (teamId === null) await this.relations.requireMayMessage(actor.userId, userId);
    else await this.relations.requireMayMessageInTeam(actor.userId, userId);
    const [userLow = null, userHigh = null] = [actor.userId, userId].sort();
    const { id } = await this.creation.insertRoomWithMembers(
      { ...looks, type: 'private_messages', userLow, userHigh, teamId },
      actor.userId,
      [userId],
    );
    return { room: await this.views.getRoomView(actor.userId, id), created: true };
  }

  /** The room that is there, with both in it. */
  private async known(actor: Actor, userId: string, teamId: string | null): Promise<RoomView | null> {
    const id = await this.views.privateRoomOf(actor.userId, userId, teamId);
    if (id === null) return null;
    const seen = await this.seen(actor, id);
    if (seen?.memberCount === 2) return seen;
    await this.access.hold(id, async (held) => {
      if (held) await this.creation.addMissingMembers(held.room, held.head, actor.userId);
    });
    return this.seen(actor, id);
  }

  private async seen(actor: Actor, roomId: string): Promise<RoomView | null> {
    return (await this.views.getRoomViews(actor.userId, [roomId])).get(roomId) ?? null;
  }
}
