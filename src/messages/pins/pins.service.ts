import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import type { Page, PageQuery } from '../../common/page.js';
import { Settings } from '../../config/settings.js';
import { Transactions } from '../../database/transactions.js';
import { Relations } from '../../friends/relations.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { MessageRepository } from '../../timeline/message.repository.js';
import type { MessageView } from '../../timeline/message.view.js';
import { MessageDeleted, SystemMessageImmutable } from '../../timeline/timeline.errors.js';
import { TooManyPins } from '../messages.errors.js';
import { MessagesQueries } from '../messages.queries.js';

/** Messages that a room keeps in sight. Every write holds the room's head, so the bound is exact. */
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
      await this.transactions.query(
        `INSERT INTO message_pins (room_id, message_id, seq, pinned_by, pinned_at) VALUES ($1, $2, $3, $4, clock_timestamp())`,
        [roomId, messageId, message.seq, actor.userId],
      );
      await this.messageRepository.recordMessageChange(grant, actor, { kind: 'pinned', messageId });
    });
  }

  /** Where there is no pin, nothing happens. @throws RoomNotFound, Forbidden, MessageNotFound */
  unpinMessage(actor: Actor, roomId: string, messageId: string): Promise<void> {
    return this.access.change(actor, roomId, 'can_pin_messages', async (grant) => {
      await this.messageRepository.requireMessage(grant, messageId);
      await this.relations.requireMayPostIn(grant);
      const gone = await this.transactions.query(`DELETE FROM message_pins WHERE room_id = $1 AND message_id = $2 RETURNING seq`, [
        roomId,
        messageId,
      ]);
      if (gone.length > 0) await this.messageRepository.recordMessageChange(grant, actor, { kind: 'unpinned', messageId });
    });
  }

  async listPins(actor: Actor, roomId: string, query: PageQuery): Promise<Page<MessageView>> {
    return this.queries.listPins(await this.access.read(actor, roomId), query);
  }
}
