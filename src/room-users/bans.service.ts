import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { requireFuture } from '../common/times.js';
import { BanNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { BanRepository } from '../room-access/ban.repository.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import { UsersService } from '../users/users.service.js';
import type { BanUserDto } from './dto/room-user.dto.js';
import { requireRankAbove } from './role-assignment.policy.js';
import { Memberships } from './memberships.service.js';

/** Bans users from rooms and lifts bans. RoomMembers lists them. */
@Injectable()
export class Bans {
  constructor(
    private readonly access: RoomAccess,
    private readonly bans: BanRepository,
    private readonly roomRepository: RoomRepository,
    private readonly memberships: Memberships,
    private readonly log: RoomLog,
    private readonly users: UsersService,
  ) {}

  /**
   * Bans a user, who need not be a member; a member is removed. A second ban replaces the terms of the first.
   * @throws Forbidden role_preset, not_granted, rank; UserNotFound, TimeIsPast
   */
  banUser(actor: Actor, roomId: string, userId: string, dto: BanUserDto): Promise<void> {
    return this.access.change(actor, roomId, 'can_ban_users', async (grant) => {
      const until = requireFuture('until', dto.until ?? null);
      const member = await this.roomRepository.findMember(roomId, userId);
      if (member) requireRankAbove(grant, member.role);
      else await this.users.requireActiveUser(userId);
      if (member) await this.memberships.endMembership(grant.room, member, 'banned', actor.userId);
      await this.bans.upsertBan({ roomId, userId, until, reason: dto.reason || null, createdBy: actor.userId });
      const detail = { until: until?.toISOString() ?? null };
      await this.log.audit(roomId, { actorId: actor.userId, action: 'user_banned', targetUserId: userId, detail });
    });
  }

  /** @throws Forbidden role_preset, not_granted; BanNotFound */
  liftBan(actor: Actor, roomId: string, userId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_ban_users', async () => {
      if (!(await this.bans.deleteBan(roomId, userId))) throw new BanNotFound();
      await this.log.audit(roomId, { actorId: actor.userId, action: 'ban_lifted', targetUserId: userId });
    });
  }
}
