import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomBans } from '../room-access/room-bans.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import { UsersService } from '../users/users.service.js';
import type { BanUserDto } from './dto/room-user.dto.js';
import { BanNotFound, future } from './room-users.errors.js';
import { demandAbove } from './seat-grant.policy.js';
import { Seating } from './seating.service.js';

/** Keeping people out of a room, and letting them in again. */
@Injectable()
export class Bans {
  constructor(
    private readonly access: RoomAccess,
    private readonly bans: RoomBans,
    private readonly rows: RoomRows,
    private readonly seating: Seating,
    private readonly log: RoomLog,
    private readonly users: UsersService,
  ) {}

  /**
   * Bans a person, who need not be in the room; a member loses their seat at once. Again: the newer terms.
   * @throws Forbidden role_preset, not_granted, rank; UserNotFound, TimeIsPast
   */
  ban(actor: Actor, roomId: string, userId: string, dto: BanUserDto): Promise<void> {
    return this.access.change(actor, roomId, 'can_ban_users', async (grant) => {
      const until = future('until', dto.until ?? null);
      const seat = await this.rows.seatOf(roomId, userId);
      if (seat) demandAbove(grant, seat.role);
      else await this.users.require(userId);
      if (seat) await this.seating.release(grant.room, seat, 'banned', actor.userId);
      await this.bans.set({ roomId, userId, until, reason: dto.reason || null, createdBy: actor.userId });
      const detail = { until: until?.toISOString() ?? null };
      await this.log.audit(roomId, { actorId: actor.userId, action: 'user_banned', targetUserId: userId, detail });
    });
  }

  /** @throws Forbidden role_preset, not_granted; BanNotFound */
  lift(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_ban_users', async () => {
      if (!(await this.bans.lift(roomId, userId))) throw new BanNotFound();
      await this.log.audit(roomId, { actorId: actor.userId, action: 'ban_lifted', targetUserId: userId });
    });
  }
}
