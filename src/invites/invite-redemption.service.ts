import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { BanRepository } from '../room-access/ban.repository.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomRepository } from '../room-access/room.repository.js';
import { Memberships } from '../room-users/memberships.service.js';
import type { RoomCardView } from '../rooms/room.view.js';
import { InviteRepository } from './invite.repository.js';
import { InviteNotFound } from './invites.errors.js';

/** The form of a code; any other text is refused without a query. */
const CODE = /^[\w-]{16,64}$/;

/** Invites for a user who has the code: the code is the only permission that is needed. */
@Injectable()
export class InviteRedemptionService {
  constructor(
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly bans: BanRepository,
    private readonly memberships: Memberships,
    private readonly inviteRepository: InviteRepository,
  ) {}

  /** @throws InviteNotFound, Forbidden banned */
  async getInviteCard(actor: Actor, code: string): Promise<RoomCardView> {
    const card = CODE.test(code) ? await this.inviteRepository.findInviteCard(code) : null;
    if (!card) throw new InviteNotFound();
    await this.bans.requireNotBanned(card.id, [actor.userId]);
    return card;
  }

  /**
   * Makes the actor a member and counts one use: both or neither, under the lock of the room head. A member takes no use, and may name an
   * invite that is not usable any more. Returns the id of the room. @throws InviteNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  async joinByInvite(actor: Actor, code: string): Promise<string> {
    const roomId = CODE.test(code) ? await this.inviteRepository.findRoomId(code) : null;
    if (!roomId) throw new InviteNotFound();
    await this.access.hold(roomId, async (held) => {
      if (!held) throw new InviteNotFound();
      if (await this.roomRepository.findMember(roomId, actor.userId)) return;
      const invite = await this.inviteRepository.findUsableInvite(code);
      if (!invite) throw new InviteNotFound();
      await this.inviteRepository.countUse(invite);
      await this.memberships.joinAsMember(held.room, held.head, actor.userId);
    });
    return roomId;
  }
}
