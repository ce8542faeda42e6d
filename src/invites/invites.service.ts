import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import type { Page, PageQuery } from '../common/page.js';
import { requireFuture } from '../common/times.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import type { CreateInviteDto } from './dto/create-invite.dto.js';
import type { InviteView } from './invite.view.js';
import { InviteNotFound, TooManyInvites } from './invites.errors.js';
import { InvitesQueries } from './invites.queries.js';

const CODE_BYTES = 16;

/** Making and revoking the links that let people into a room. */
@Injectable()
export class InvitesService {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
    private readonly access: RoomAccess,
    private readonly log: RoomLog,
    private readonly queries: InvitesQueries,
  ) {}

  /** @throws RoomNotFound, Forbidden, TimeIsPast, TooManyInvites */
  createInvite(actor: Actor, roomId: string, { maxUses, expiresAt }: CreateInviteDto): Promise<InviteView> {
    return this.access.change(actor, roomId, 'can_create_invites', async () => {
      const until = requireFuture('expiresAt', expiresAt ?? null);
      if ((await this.queries.countUsableInvites(roomId)) >= this.settings.rooms.maxInvites) throw new TooManyInvites();
      const id = newId();
      await this.transactions.query(
        `INSERT INTO room_invites (id, room_id, code, created_by, max_uses, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())`,
        [id, roomId, randomBytes(CODE_BYTES).toString('base64url'), actor.userId, maxUses ?? null, until],
      );
      await this.log.audit(roomId, { actorId: actor.userId, action: 'invite_created', detail: { inviteId: id } });
      return this.require(roomId, id);
    });
  }

  /** Those that can be used; for who may make them: a code is a key. */
  async listInvites(actor: Actor, roomId: string, query: PageQuery): Promise<Page<InviteView>> {
    (await this.access.read(actor, roomId)).requirePermission('can_create_invites');
    return this.queries.listInvites(roomId, query);
  }

  /** One's own, or as who may remove users any. Once it is answered, nobody joins by it. @throws RoomNotFound, InviteNotFound, Forbidden */
  revokeInvite(actor: Actor, roomId: string, id: string): Promise<void> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const own = (await this.queries.getInvite(roomId, id))?.createdBy === actor.userId;
      if (!own) grant.requirePermission('can_remove_users');
      await this.require(roomId, id);
      await this.transactions.query(`UPDATE room_invites SET revoked_at = clock_timestamp() WHERE id = $1`, [id]);
      await this.log.audit(roomId, { actorId: actor.userId, action: 'invite_revoked', detail: { inviteId: id } });
    });
  }

  private async require(roomId: string, id: string): Promise<InviteView> {
    const invite = await this.queries.getInvite(roomId, id);
    if (!invite) throw new InviteNotFound();
    return invite;
  }
}
