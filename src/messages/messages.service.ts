import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden, ValidationFailed } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { Relations } from '../friends/relations.service.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import type { SendMessage } from '../timeline/message.types.js';
import type { MessageView, SendResult } from '../timeline/message.view.js';
import type { HistoryQuery } from './dto/messages.dto.js';
import { mayReadEdits } from './message.policy.js';
import { MessagesQueries } from './messages.queries.js';
import type { EditView, ReaderView } from './messages.view.js';

/** Sends and reads messages. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly writer: MessageWriter,
    private readonly queries: MessagesQueries,
    private readonly relations: Relations,
    private readonly settings: Settings,
  ) {}

  /** @param body as the client sent it; the writer validates it. @see MessageWriter.sendMessage for the errors */
  async sendMessage(actor: Actor, roomId: string, body: unknown): Promise<SendResult> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ValidationFailed([{ path: '', message: 'must be an object' }]);
    }
    if ('roomId' in body) throw new ValidationFailed([{ path: 'roomId', message: 'is not a known field' }]);
    return this.writer.sendMessage(actor, { ...(body as Omit<SendMessage, 'roomId'>), roomId });
  }

  /** Returns a page of a room's history as JSON text. @throws RoomNotFound, Forbidden, ValidationFailed */
  async getHistory(actor: Actor, roomId: string, query: HistoryQuery): Promise<string> {
    return this.queries.getHistory(await this.access.read(actor, roomId), query);
  }

  async getMessage(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.messageRepository.getMessageView(await this.access.read(actor, roomId), messageId);
  }

  async listReplies(actor: Actor, roomId: string, messageId: string, query: PageQuery): Promise<Page<MessageView>> {
    const grant = await this.access.read(actor, roomId);
    await this.messageRepository.requireMessage(grant, messageId);
    return this.queries.listReplies(grant, messageId, query);
  }

  /**
   * Returns the former texts of a message, for its author and members who may delete it.
   * @throws RoomNotFound, MessageNotFound, Forbidden
   */
  async listEdits(actor: Actor, roomId: string, messageId: string, query: PageQuery): Promise<Page<EditView>> {
    const grant = await this.access.read(actor, roomId);
    const message = await this.messageRepository.requireMessage(grant, messageId);
    if (!mayReadEdits(message, grant)) throw new Forbidden(grant.denialOf('can_delete_messages'), 'can_delete_messages');
    return this.queries.listEdits(grant, messageId, query);
  }

  /**
   * Returns the readers of a message who share read receipts with the actor. Empty in a room that is too large for receipts, and for an
   * actor who hides their own.
   */
  async listReaders(actor: Actor, roomId: string, messageId: string): Promise<Page<ReaderView>> {
    const grant = await this.access.read(actor, roomId);
    const message = await this.messageRepository.requireMessage(grant, messageId);
    const maxMembers = this.settings.realtime.ephemeralMembers;
    if (grant.head.memberCount > maxMembers) return { items: [], nextCursor: null };
    const readers = await this.queries.listReaders(grant, message.seq, maxMembers);
    const sharing = await this.relations.receiptsBetween(
      actor.userId,
      readers.map(({ user }) => user.id),
    );
    return { items: readers.filter(({ user }) => sharing.has(user.id)), nextCursor: null };
  }

  listMentions(actor: Actor, query: PageQuery): Promise<Page<MessageView>> {
    return this.queries.listMentions(actor.userId, query);
  }
}
