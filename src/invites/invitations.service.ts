import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomBans } from '../room-access/room-bans.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import { Seating } from '../room-users/seating.service.js';
import { InviteNotFound } from './invites.errors.js';
import { InvitesQueries } from './invites.queries.js';
import type { RoomCardView } from '../rooms/room.view.js';

/** What a code can look like; anything else is none, and asks no database. */
const CODE = /^[\w-]{16,64}$/;

/** What somebody may do who was given the code of an invite: the code is the key, whoever holds it. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly access: RoomAccess,
    private readonly rows: RoomRows,
    private readonly bans: RoomBans,
    private readonly seating: Seating,
    private readonly queries: InvitesQueries,
  ) {}

  /** @throws InviteNotFound, Forbidden banned */
  async card(actor: Actor, code: string): Promise<RoomCardView> {
    const card = CODE.test(code) ? await this.queries.card(code) : null;
    if (!card) throw new InviteNotFound();
    await this.bans.refuse(card.id, [actor.userId]);
    return card;
  }

  /**
   * Seats the actor as a plain member, and takes one use: both or neither, under the room's head. Who is in the room already takes none,
   * also by an invite that is over. Gives the room's id. @throws InviteNotFound, Forbidden banned, RoomFull, TooManyRooms
   */
  async join(actor: Actor, code: string): Promise<string> {
    const roomId = CODE.test(code) ? await this.queries.roomOf(code) : null;
    if (!roomId) throw new InviteNotFound();
    await this.access.hold(roomId, async (held) => {
      if (!held) throw new InviteNotFound();
      if (await this.rows.seatOf(roomId, actor.userId)) return;
      const invite = await this.queries.living(code);
      if (!invite) throw new InviteNotFound();
      await this.transactions.query(`UPDATE room_invites SET uses = uses + 1 WHERE id = $1`, [invite]);
      await this.seating.welcome(held.room, held.head, actor.userId);
    });
    return roomId;
  }
}
