import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { UpdateMembershipDto } from './dto/room-user.dto.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { MembershipView } from './room-user.view.js';
import { MembershipChanged } from './room-users.events.js';

/** The preferences that a member alone sets and sees: muted, pinned, archived, draft. */
@Injectable()
export class MembershipPreferences {
  constructor(
    private readonly access: RoomAccess,
    private readonly transactions: Transactions,
    private readonly roomRepository: RoomRepository,
    private readonly heads: UserHeads,
    private readonly events: DomainEvents,
    private readonly views: RoomUserViews,
  ) {}

  /** Locks the user head, not the room head. @throws RoomNotFound, Forbidden not_member */
  async updateMembership(actor: Actor, roomId: string, { draft, ...flags }: UpdateMembershipDto): Promise<MembershipView> {
    const { member } = await this.access.read(actor, roomId);
    const preferences = { ...flags, ...(draft !== undefined && { draft: draft || null }) };
    if (Object.entries(preferences).some(([field, value]) => value !== undefined && member[field as keyof typeof preferences] !== value)) {
      await this.transactions.run(async () => {
        const my = await this.heads.nextNumbers([actor.userId]);
        if (!(await this.roomRepository.updatePreferences(roomId, actor.userId, preferences))) throw new RoomNotFound();
        this.events.publish(new MembershipChanged(roomId, actor.userId, my.get(actor.userId) ?? 0));
      });
    }
    return this.views.getMembership(roomId, actor.userId);
  }
}
