import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { BanRepository } from '../room-access/ban.repository.js';
import { RoomRepository } from '../room-access/room.repository.js';
import { Memberships } from '../room-users/memberships.service.js';
import { InviteNotFound } from './invites.errors.js';
import { InvitesQueries } from './invites.queries.js';
import type { RoomCardView } from '../rooms/room.view.js';

/** What a code can look like; anything else is none, and asks no database. */
const CODE = /^[\w-]{16,64}$/;

/** What somebody may do who was given the code of an invite: the code is the key, whoever holds it. */
@Injectable()
export class InviteRedemptionService {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: RoomAccess,
    private readonly roomRepository: RoomRepository,
    private readonly bans: BanRepository,
    private readonly memberships: Memberships,
    private readonly queries: InvitesQueries,
  ) {}

  /** @throws InviteNotFound, Forbidden banned */
  async getInviteCard(actor: Actor, code: string): Promise<RoomCardView> {
    const card = CODE.test(code) ? await this.queries.getInviteCard(code) : null;
    if (!card) throw new InviteNotFound();
    await this.bans.requireNotBanned(card.id, [actor.userId]);
    return card;
  }

  /**
   * Seats the actor as a plain member, and takes one use: both or neither, under the room's head. Who is in the room already takes none,
   * also by an invite that is over. Gives the room's id. @throws InviteNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  async joinByInvite(actor: Actor, code: string): Promise<string> {
    const roomId = CODE.test(code) ? await this.queries.roomOf(code) : null;
    if (!roomId) throw new InviteNotFound();
    await this.access.hold(roomId, async (held) => {
      if (!held) throw new InviteNotFound();
      if (await this.roomRepository.findMember(roomId, actor.userId)) return;
      const invite = await this.queries.findUsableInvite(code);
      if (!invite) throw new InviteNotFound();
      await this.transactions.query(`UPDATE room_invites SET uses = uses + 1 WHERE id = $1`, [invite]);
      await this.memberships.joinAsMember(held.room, held.head, actor.userId);
    });
    return roomId;
  }
}
