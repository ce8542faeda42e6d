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
import { CannotMessageSelf, NotATeam } from './rooms.errors.js';

export interface RoomResult {
  room: RoomView;
  /** False if the room existed. */
  created: boolean;
}

/** Private rooms: at most one for two users, and one inside each team, under any race. */
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
   * Returns the private room with a user, or creates it if their privacy permits. An existing room is returned whatever the privacy.
   * @param teamId the team that contains the room; both users must be members of it
   * @throws CannotMessageSelf; UserNotFound, Forbidden privacy, blocked; of a team also RoomNotFound, Forbidden not_member, room_inactive,
   * NotATeam, RoomUserNotFound
   */
  async getOrCreatePrivateRoom(
    actor: Actor,
    userId: string,
    teamId: string | null = null,
    settings: Partial<Room> = {},
  ): Promise<RoomResult> {
    if (userId === actor.userId) throw new CannotMessageSelf();
    const known = await this.findComplete(actor, userId, teamId);
    if (known) return { room: known, created: false };
    return teamId === null
      ? this.transactions.run(() => this.createUnlessFound(actor, userId, null, settings))
      : this.createInTeam(actor, userId, teamId, settings);
  }

  private createInTeam(actor: Actor, userId: string, teamId: string, settings: Partial<Room>): Promise<RoomResult> {
    return this.access.change(actor, teamId, null, async (team) => {
      if (team.room.type !== 'team') throw new NotATeam();
      if (!(await this.roomRepository.findMember(teamId, userId))) throw new RoomUserNotFound();
      team.requireWritable();
      return this.createUnlessFound(actor, userId, teamId, settings);
    });
  }

  private async createUnlessFound(actor: Actor, userId: string, teamId: string | null, settings: Partial<Room>): Promise<RoomResult> {
    // A concurrent request for the same two users waits here and then finds the room.
    await this.relations.lockUsers([actor.userId, userId]);
    const known = await this.findComplete(actor, userId, teamId);
    if (known) return { room: known, created: false };
    if (teamId === null) await this.relations.requireMayMessage(actor.userId, userId);
    else await this.relations.requireMayMessageInTeam(actor.userId, userId);
    const [userLow = null, userHigh = null] = [actor.userId, userId].sort();
    const { id } = await this.creation.insertRoomWithMembers(
      { ...settings, type: 'private_messages', userLow, userHigh, teamId },
      actor.userId,
      [userId],
    );
    return { room: await this.views.getRoomView(actor.userId, id), created: true };
  }

  /** Returns the existing room, after adding a missing member. */
  private async findComplete(actor: Actor, userId: string, teamId: string | null): Promise<RoomView | null> {
    const id = await this.views.findPrivateRoomId(actor.userId, userId, teamId);
    if (id === null) return null;
    const find = async (): Promise<RoomView | null> => (await this.views.getRoomViews(actor.userId, [id])).get(id) ?? null;
    const view = await find();
    if (view?.memberCount === 2) return view;
    await this.access.hold(id, async (locked) => {
      if (locked) await this.creation.addMissingMembers(locked.room, locked.head, actor.userId);
    });
    return find();
  }
}
