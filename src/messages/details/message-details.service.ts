import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { Forbidden } from '../../common/domain-error.js';
import type { Page, PageQuery } from '../../common/page.js';
import { Settings } from '../../config/settings.js';
import { Relations } from '../../friends/relations.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { MessageRepository } from '../../timeline/message.repository.js';
import type { MessageView } from '../../timeline/message.view.js';
import { mayReadEdits } from '../message.policy.js';
import { MessagesQueries } from '../messages.queries.js';
import type { EditView, ReaderView } from '../messages.view.js';

/** What hangs on one message: its replies, its edits, its readers. */
@Injectable()
export class MessageDetails {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly queries: MessagesQueries,
    private readonly relations: Relations,
    private readonly settings: Settings,
  ) {}

  async listReplies(actor: Actor, roomId: string, messageId: string, query: PageQuery): Promise<Page<MessageView>> {
    const grant = await this.access.read(actor, roomId);
    await this.messageRepository.requireMessage(grant, messageId);
    return this.queries.listReplies(grant, messageId, query);
  }

  /** For the author, and who may delete it. @throws RoomNotFound, MessageNotFound, Forbidden */
  async listEdits(actor: Actor, roomId: string, messageId: string, query: PageQuery): Promise<Page<EditView>> {
    const grant = await this.access.read(actor, roomId);
    const message = await this.messageRepository.requireMessage(grant, messageId);
    if (!mayReadEdits(message, grant)) throw new Forbidden(grant.denialOf('can_delete_messages'), 'can_delete_messages');
    return this.queries.listEdits(grant, messageId, query);
  }

  /**
   * Who has read it, of those with whom the actor shares what was read. Nobody in a room that is too large for receipts, and nobody to
   * whoever hides their own.
   */
  async listReaders(actor: Actor, roomId: string, messageId: string): Promise<Page<ReaderView>> {
    const grant = await this.access.read(actor, roomId);
    const message = await this.messageRepository.requireMessage(grant, messageId);
    const largest = this.settings.realtime.ephemeralMembers;
    if (grant.head.memberCount > largest) return { items: [], nextCursor: null };
    const readers = await this.queries.listReaders(grant, message.seq, largest);
    const shown = await this.relations.receiptsBetween(
      actor.userId,
      readers.map(({ user }) => user.id),
    );
    return { items: readers.filter(({ user }) => shown.has(user.id)), nextCursor: null };
  }
}
