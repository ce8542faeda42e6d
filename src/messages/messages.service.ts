import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import type { Page, PageQuery } from '../common/page.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { MessageRows } from '../timeline/message-rows.service.js';
import { MessageWriter } from '../timeline/message-writer.service.js';
import type { SendMessage } from '../timeline/message.types.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageEditing } from './changing/message-editing.service.js';
import { MessageRemoval } from './changing/message-removal.service.js';
import { MessagesQueries } from './messages.queries.js';
import type { HistoryRange } from './page-range.policy.js';

/** Messages of a room as their readers and writers meet them. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly access: RoomAccess,
    private readonly rows: MessageRows,
    private readonly writer: MessageWriter,
    private readonly editing: MessageEditing,
    private readonly removal: MessageRemoval,
    private readonly queries: MessagesQueries,
  ) {}

  /** @param body as the client sent it; the writer checks it. @see MessageWriter.send for what it throws */
  async post(actor: Actor, roomId: string, body: unknown): Promise<{ message: MessageView; created: boolean }> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ValidationFailed([{ path: '', message: 'must be an object' }]);
    }
    if ('roomId' in body) throw new ValidationFailed([{ path: 'roomId', message: 'is not a known field' }]);
    return this.writer.send(actor, { ...(body as Omit<SendMessage, 'roomId'>), roomId });
  }

  /** A page as JSON text. @throws RoomNotFound, Forbidden, ValidationFailed */
  async page(actor: Actor, roomId: string, range: HistoryRange): Promise<string> {
    return this.queries.page(await this.access.read(actor, roomId), range);
  }

  async get(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.rows.view(await this.access.read(actor, roomId), messageId);
  }

  /** @see MessageEditing.edit */
  edit(actor: Actor, roomId: string, messageId: string, text: string | null): Promise<MessageView> {
    return this.editing.edit(actor, roomId, messageId, text);
  }

  /** @see MessageRemoval.remove */
  remove(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.removal.remove(actor, roomId, messageId);
  }

  mentions(actor: Actor, query: PageQuery): Promise<Page<MessageView>> {
    return this.queries.mentions(actor.userId, query);
  }
}
