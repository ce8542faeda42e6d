import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { Message } from './message.entity.js';
import { EVERYONE_ID, type Cause } from './message.types.js';
import { messageJson, type MessageView } from './message.view.js';
import { MessageNotFound } from './timeline.errors.js';
import { MessagesChanged } from './timeline.events.js';

/** Where a message stands. */
export interface MessageKey {
  roomId: string;
  seq: number;
}

/**
 * Messages as rows: reading them as someone sees them, and the writes that every change of a message is made of. Whoever changes one holds
 * the room's head (RoomAccess.change) and ends with {@link recordMessageChange}.
 */
@Injectable()
export class MessageRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: RoomLog,
    private readonly events: DomainEvents,
  ) {}

  /** @throws MessageNotFound also for one from before what the member may see */
  async requireMessage({ room, member }: RoomGrant, messageId: string): Promise<Message> {
    const message = await this.transactions.manager.findOneBy(Message, { roomId: room.id, id: messageId });
    if (!message || message.seq < member.visibleFromSeq) throw new MessageNotFound();
    return message;
  }

  /** One message as the member sees it. @throws MessageNotFound */
  async getMessageView({ room, member }: RoomGrant, messageId: string): Promise<MessageView> {
    const [row] = await this.transactions.queryPrepared<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: '$3::uuid', visibleFrom: '$4::bigint' })} AS view
       FROM messages m WHERE m.room_id = $1 AND m.id = $2 AND m.seq >= $4::bigint`,
      [room.id, messageId, member.userId, member.visibleFromSeq],
    );
    if (!row) throw new MessageNotFound();
    return row.view;
  }

  /** Messages as everybody may see them, in the order of the keys. @param keys at most 500 */
  async getNeutralView(keys: readonly MessageKey[]): Promise<MessageView[]> {
    const rows = await this.transactions.queryPrepared<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: null, visibleFrom: null })} AS view
       FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY k (room_id, seq, position)
       JOIN messages m ON m.room_id = k.room_id AND m.seq = k.seq ORDER BY k.position`,
      [keys.map((key) => key.roomId), keys.map((key) => key.seq)],
    );
    return rows.map((row) => row.view);
  }

  /** Messages as these people see them, in the order of the keys; undefined where they may not. @param keys at most 500 */
  async getMessageViewsFor(keys: readonly (MessageKey & { userId: string })[]): Promise<(MessageView | undefined)[]> {
    const rows = await this.transactions.queryPrepared<{ position: number; view: MessageView }>(
      `SELECT k.position, ${messageJson({ viewer: 'ru.user_id', visibleFrom: 'ru.visible_from_seq' })} AS view
       FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) WITH ORDINALITY k (room_id, seq, user_id, position)
       JOIN room_users ru ON ru.room_id = k.room_id AND ru.user_id = k.user_id
       JOIN messages m ON m.room_id = k.room_id AND m.seq = k.seq AND m.seq >= ru.visible_from_seq`,
      [keys.map((key) => key.roomId), keys.map((key) => key.seq), keys.map((key) => key.userId)],
    );
    const byPosition = new Map(rows.map((row) => [row.position, row.view]));
    return keys.map((_, index) => byPosition.get(index + 1));
  }

  /**
   * Ends a change of a message: takes the room's next rev for it, stamps it, and tells who listens after the commit.
   * Answers the message as the actor sees it.
   */
  async recordMessageChange(grant: RoomGrant, actor: Actor, cause: Omit<Cause, 'rev' | 'userId'>): Promise<MessageView> {
    const roomId = grant.room.id;
    const step = await this.log.recordChanges(roomId, 'message', [cause.messageId]);
    const [stamped] = await this.transactions.query<{ seq: number }>(
      `UPDATE messages SET rev = $3 WHERE room_id = $1 AND id = $2 RETURNING seq`,
      [roomId, cause.messageId, step.rev],
    );
    if (!stamped) throw new MessageNotFound();
    const messages = await this.getNeutralView([{ roomId, seq: stamped.seq }]);
    const causes = [{ ...cause, rev: step.rev, userId: actor.userId }];
    this.events.publish(new MessagesChanged(roomId, step.prevRev, step.rev, step.fence, causes, messages));
    return this.getMessageView(grant, cause.messageId);
  }

  /** Gives a message another text; null takes that of a medium away. */
  async updateText(message: Message, text: string | null): Promise<void> {
    await this.transactions.query(
      `UPDATE messages SET text = $3, edited_at = greatest(clock_timestamp(), created_at) WHERE room_id = $1 AND seq = $2`,
      [message.roomId, message.seq, text],
    );
  }

  /**
   * Turns a message into a tombstone: its text, the hash of it and mentions go, and it counts no more among the replies of its original.
   * What other modules keep of it (media, reactions, pins, edits) they take away themselves.
   */
  async markMessageDeleted(message: Message): Promise<void> {
    const key = [message.roomId, message.seq];
    await this.transactions.query(
      `UPDATE messages SET text = NULL, request_hash = NULL, deleted_at = greatest(clock_timestamp(), created_at)
       WHERE room_id = $1 AND seq = $2`,
      key,
    );
    await this.transactions.query(`DELETE FROM message_mentions WHERE room_id = $1 AND message_id = $2`, [message.roomId, message.id]);
    if (message.replyToSeq !== null) {
      await this.transactions.query(`UPDATE messages SET reply_count = reply_count - 1 WHERE room_id = $1 AND seq = $2`, [
        message.roomId,
        message.replyToSeq,
      ]);
    }
  }

  /** Replaces whom a message mentions by the members of the room among these. */
  async replaceMentions(message: Message, who: { usernames: readonly string[]; userIds: readonly string[]; all: boolean }): Promise<void> {
    await this.transactions.query(`DELETE FROM message_mentions WHERE room_id = $1 AND message_id = $2`, [message.roomId, message.id]);
    await this.transactions.query(
      `INSERT INTO message_mentions (room_id, message_id, seq, user_id)
       SELECT $1::uuid, $2::uuid, $3::bigint, ru.user_id FROM room_users ru JOIN users u ON u.id = ru.user_id
       WHERE ru.room_id = $1 AND (u.username = ANY ($4::text[]) OR u.id = ANY ($5::uuid[]))
       UNION ALL SELECT $1::uuid, $2::uuid, $3::bigint, '${EVERYONE_ID}' WHERE $6::boolean`,
      [message.roomId, message.id, message.seq, who.usernames, who.userIds, who.all],
    );
  }
}
