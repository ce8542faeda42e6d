import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import type { Page, PageQuery } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { Relations } from '../friends/relations.service.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageDeleted, SystemMessageImmutable } from '../timeline/timeline.errors.js';
import { MessagePin } from './messages.entity.js';
import { TooManyPins } from './messages.errors.js';
import { MessagesQueries } from './messages.queries.js';

/** Pins messages to their room. Every write holds the room's head, so the maximum is exact. */
@Injectable()
export class PinsService {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly queries: MessagesQueries,
    private readonly relations: Relations,
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** @throws RoomNotFound, Forbidden, MessageNotFound, SystemMessageImmutable, MessageDeleted, TooManyPins */
  pinMessage(actor: Actor, roomId: string, messageId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_pin_messages', async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      await this.relations.requireMayPostIn(grant);
      if (message.type === 'system') throw new SystemMessageImmutable();
      if (message.deletedAt !== null) throw new MessageDeleted();
      const [state] = await this.transactions.query<{ pinned: boolean; count: number }>(
        `SELECT coalesce(bool_or(message_id = $2), false) AS pinned, count(*) AS count FROM message_pins WHERE room_id = $1`,
        [roomId, messageId],
      );
      if (state?.pinned) return;
      if ((state?.count ?? 0) >= this.settings.rooms.maxPins) throw new TooManyPins();
      await this.transactions.manager.insert(MessagePin, {
        roomId,
        messageId,
        seq: message.seq,
        pinnedBy: actor.userId,
        pinnedAt: () => 'clock_timestamp()', // not now(): pins are ordered by it, and the lock on the head may have waited
      });
      await this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'pinned' });
    });
  }

  /** If the message is not pinned, nothing changes. @throws RoomNotFound, Forbidden, MessageNotFound */
  unpinMessage(actor: Actor, roomId: string, messageId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_pin_messages', async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      await this.relations.requireMayPostIn(grant);
      const { affected } = await this.transactions.manager.delete(MessagePin, { roomId, messageId });
      if (affected) await this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'unpinned' });
    });
  }

  async listPins(actor: Actor, roomId: string, query: PageQuery): Promise<Page<MessageView>> {
    return this.queries.listPins(await this.access.read(actor, roomId), query);
  }
}
