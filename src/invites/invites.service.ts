import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import type { Page, PageQuery } from '../common/page.js';
import { requireFuture } from '../common/times.js';
import { Settings } from '../config/settings.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import type { CreateInviteDto } from './dto/create-invite.dto.js';
import { InviteRepository } from './invite.repository.js';
import type { InviteView } from './invite.view.js';
import { InviteNotFound, TooManyInvites } from './invites.errors.js';

const CODE_BYTES = 16;

/** Invites for members who may create or revoke them. */
@Injectable()
export class InvitesService {
  constructor(
    private readonly settings: Settings,
    private readonly access: RoomAccess,
    private readonly log: RoomLog,
    private readonly inviteRepository: InviteRepository,
  ) {}

  /** @throws RoomNotFound, Forbidden, TimeIsPast, TooManyInvites */
  createInvite(actor: Actor, roomId: string, { maxUses = null, expiresAt = null }: CreateInviteDto): Promise<InviteView> {
    return this.access.change(actor, roomId, 'can_create_invites', async () => {
      const until = requireFuture('expiresAt', expiresAt);
      const usable = await this.inviteRepository.countUsableInvites(roomId);
      if (usable >= this.settings.rooms.maxInvites) throw new TooManyInvites();
      const code = randomBytes(CODE_BYTES).toString('base64url');
      const invite = await this.inviteRepository.insertInvite(roomId, code, actor.userId, maxUses, until);
      await this.log.audit(roomId, { actorId: actor.userId, action: 'invite_created', detail: { inviteId: invite.id } });
      return invite;
    });
  }

  /** Lists the usable invites. Needs the permission to create them, since a code lets its holder into the room. @throws RoomNotFound, Forbidden */
  async listInvites(actor: Actor, roomId: string, query: PageQuery): Promise<Page<InviteView>> {
    (await this.access.read(actor, roomId)).requirePermission('can_create_invites');
    return this.inviteRepository.findUsableInvites(roomId, query);
  }

  /** Revokes an invite of the actor, or any as a member who may remove users. @throws RoomNotFound, InviteNotFound, Forbidden */
  revokeInvite(actor: Actor, roomId: string, id: string): Promise<void> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const invite = await this.inviteRepository.findInvite(roomId, id);
      if (invite?.createdBy !== actor.userId) grant.requirePermission('can_remove_users');
      if (!invite) throw new InviteNotFound();
      await this.inviteRepository.markInviteRevoked(id);
      await this.log.audit(roomId, { actorId: actor.userId, action: 'invite_revoked', detail: { inviteId: id } });
    });
  }
}
