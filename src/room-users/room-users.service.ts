import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { Relations } from '../friends/relations.service.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import type { AddRoomUsersDto, RoomUsersQuery } from './dto/room-user.dto.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { BanView, RoomUsersPage, RoomUserView } from './room-user.view.js';
import { demandAbove, PLAIN_MEMBER, seatBy, type SeatWish } from './seat-grant.policy.js';
import { Seating } from './seating.service.js';

/** Who sits in a room: looking, adding, removing. */
@Injectable()
export class RoomUsers {
  constructor(
    private readonly access: RoomAccess,
    private readonly relations: Relations,
    private readonly seating: Seating,
    private readonly rows: RoomRows,
    private readonly log: RoomLog,
    private readonly views: RoomUserViews,
  ) {}

  /** @throws RoomNotFound, Forbidden not_member */
  async list(actor: Actor, roomId: string, query: RoomUsersQuery): Promise<RoomUsersPage> {
    return this.views.list(await this.access.read(actor, roomId), query);
  }

  /** @throws RoomNotFound, Forbidden not_member, RoomUserNotFound */
  async one(actor: Actor, roomId: string, userId: string): Promise<RoomUserView> {
    await this.access.read(actor, roomId);
    const view = await this.views.one(roomId, userId, actor.userId);
    if (!view) throw new RoomUserNotFound();
    return view;
  }

  /** Who is kept out. @throws RoomNotFound, Forbidden not_member, role_preset, not_granted */
  async bans(actor: Actor, roomId: string, query: PageQuery): Promise<Page<BanView>> {
    const grant = await this.access.read(actor, roomId);
    grant.demand('can_ban_users');
    return this.views.bans(roomId, query);
  }

  /** The request's one person, or its several. @throws ValidationFailed unless it names one of the two; and as {@link add} */
  async addAsked(actor: Actor, roomId: string, dto: AddRoomUsersDto): Promise<RoomUserView | { items: RoomUserView[] }> {
    const { userId, userIds, ...wish } = dto;
    if ((userId === undefined) === (userIds === undefined)) {
      throw new ValidationFailed([{ path: 'userId', message: 'must be given, or userIds, and not both' }]);
    }
    const items = await this.add(actor, roomId, userIds ?? [userId ?? ''], wish);
    const [first] = items;
    return userIds === undefined && first ? first : { items };
  }

  /**
   * Seats people, all or none, with one set of permissions. @param userIds 1..100
   * @throws Forbidden role_preset, not_granted, rank, privacy, blocked, banned; UserNotFound, AlreadyMember, RoomFull, TooManyRooms
   */
  add(actor: Actor, roomId: string, userIds: readonly string[], wish: SeatWish = {}): Promise<RoomUserView[]> {
    const people = [...new Set(userIds)];
    return this.access.change(actor, roomId, 'can_add_users', async (grant) => {
      const set = seatBy(grant, PLAIN_MEMBER, wish);
      await this.relations.hold([actor.userId, ...people]);
      await this.relations.mayAdd(actor.userId, people, grant.room.type);
      await this.seating.admit(grant.room, grant.head, people, set, { actorId: actor.userId, event: 'user_added' });
      return this.views.some(roomId, people, actor.userId);
    });
  }

  /** @throws Forbidden role_preset, not_granted, rank; RoomUserNotFound */
  remove(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_remove_users', async (grant) => {
      const seat = await this.rows.seatOf(roomId, userId);
      if (!seat) throw new RoomUserNotFound();
      demandAbove(grant, seat.role);
      await this.seating.release(grant.room, seat, 'removed', actor.userId);
      await this.log.audit(roomId, { actorId: actor.userId, action: 'user_removed', targetUserId: userId });
    });
  }
}
