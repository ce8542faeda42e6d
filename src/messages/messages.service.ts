import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import type { SendMessage } from '../timeline/message.types.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageEditing } from './message-editing.service.js';
import { MessageDeletion } from './message-deletion.service.js';
import { MessagesQueries } from './messages.queries.js';
import type { HistoryRange } from './page-range.policy.js';

/** Messages of a room as their readers and writers meet them. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly writer: MessageWriter,
    private readonly editing: MessageEditing,
    private readonly deletion: MessageDeletion,
    private readonly queries: MessagesQueries,
  ) {}

  /** @param body as the client sent it; the writer checks it. @see MessageWriter.sendMessage for what it throws */
  async sendMessage(actor: Actor, roomId: string, body: unknown): Promise<{ message: MessageView; created: boolean }> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ValidationFailed([{ path: '', message: 'must be an object' }]);
    }
    if ('roomId' in body) throw new ValidationFailed([{ path: 'roomId', message: 'is not a known field' }]);
    return this.writer.sendMessage(actor, { ...(body as Omit<SendMessage, 'roomId'>), roomId });
  }

  /** A page as JSON text. @throws RoomNotFound, Forbidden, ValidationFailed */
  async getHistory(actor: Actor, roomId: string, range: HistoryRange): Promise<string> {
    return this.queries.getHistory(await this.access.read(actor, roomId), range);
  }

  async getMessage(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.messageRepository.getMessageView(await this.access.read(actor, roomId), messageId);
  }

  /** @see MessageEditing.editMessage */
  editMessage(actor: Actor, roomId: string, messageId: string, text: string | null): Promise<MessageView> {
    return this.editing.editMessage(actor, roomId, messageId, text);
  }

  /** @see MessageDeletion.deleteMessage */
  deleteMessage(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.deletion.deleteMessage(actor, roomId, messageId);
  }

  listMentions(actor: Actor, query: PageQuery): Promise<Page<MessageView>> {
    return this.queries.listMentions(actor.userId, query);
  }
}
