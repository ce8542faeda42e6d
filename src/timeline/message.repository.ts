import { Injectable } from '@nestjs/common';
import { In, IsNull, MoreThanOrEqual, Not } from 'typeorm';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { Message, MessageMention } from './message.entity.js';
import { EVERYONE_ID, type Cause, type StoredMention, type SystemEvent } from './message.types.js';
import { messageJson, type MessageView } from './message.view.js';
import { MessageNotFound } from './timeline.errors.js';
import { MessagesChanged, MessagesPosted } from './timeline.events.js';

export interface MessageKey {
  roomId: string;
  seq: number;
}

/** What the writes of a deletion need of a message. */
export type DeletableMessage = Pick<Message, 'seq' | 'id' | 'replyToSeq'>;

/**
 * Reads messages as a user may see them, and holds the writes of every change of a message. A change expects the transaction that holds the
 * room's head (RoomAccess.change) and ends with {@link recordMessageChange}.
 */
@Injectable()
export class MessageRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: RoomLog,
    private readonly events: DomainEvents,
  ) {}

  /** @throws MessageNotFound also for a message from before the first that the member may see */
  async requireMessage({ room, member }: RoomGrant, messageId: string): Promise<Message> {
    const message = await this.transactions.manager.findOneBy(Message, { roomId: room.id, id: messageId });
    if (!message || message.seq < member.visibleFromSeq) throw new MessageNotFound();
    return message;
  }

  /** Returns a message as the member sees it. @throws MessageNotFound */
  async getMessageView({ room, member }: RoomGrant, messageId: string): Promise<MessageView> {
    const [row] = await this.transactions.queryPrepared<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: '$3::uuid', visibleFrom: '$4::bigint' })} AS view
       FROM messages m WHERE m.room_id = $1 AND m.id = $2 AND m.seq >= $4::bigint`,
      [room.id, messageId, member.userId, member.visibleFromSeq],
    );
    if (!row) throw new MessageNotFound();
    return row.view;
  }

  /** Returns the neutral views of messages, in the order of the keys. @param keys at most 500 */
  async getNeutralViews(keys: readonly MessageKey[]): Promise<MessageView[]> {
    const rows = await this.transactions.queryPrepared<{ view: MessageView }>(
      `SELECT ${messageJson({ viewer: null, visibleFrom: null })} AS view
       FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY k (room_id, seq, position)
       JOIN messages m ON m.room_id = k.room_id AND m.seq = k.seq ORDER BY k.position`,
      [keys.map((key) => key.roomId), keys.map((key) => key.seq)],
    );
    return rows.map((row) => row.view);
  }

  /** Returns messages as these users see them, in the order of the keys; undefined where they may not. @param keys at most 500 */
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
   * Appends a system message with the next sequence number of the room, and publishes it after the commit. Expects the transaction that
   * holds the room's head: the writer's queue would wait for that very lock. No unread count includes it.
   * @param userIds users whom the event is about; at most 100
   */
  async appendSystemMessage(roomId: string, actorId: string, event: SystemEvent, userIds: readonly string[]): Promise<void> {
    const [row] = await this.transactions.query<{ seq: number; fence: number }>(
      `WITH head AS (
         UPDATE room_heads SET last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
         WHERE room_id = $1 RETURNING last_seq, last_n, last_at, fence
       ), inserted AS (
         INSERT INTO messages (room_id, seq, id, n, type, user_id, system_event, system_user_ids, created_at)
         SELECT $1, last_seq, $2, last_n, 'system', $3, $4, $5::uuid[], last_at FROM head
       )
       SELECT last_seq AS seq, fence FROM head`,
      [roomId, newId(), actorId, event, userIds],
    );
    if (!row) throw new Error(`room ${roomId} has no head`);
    this.events.publish(new MessagesPosted(roomId, row.fence, await this.getNeutralViews([{ roomId, seq: row.seq }])));
  }

  /** Records a change of one message. Returns the message as the actor sees it. @see recordMessageChanges */
  async recordMessageChange(
    grant: RoomGrant,
    actor: Actor,
    message: MessageKey & { id: string },
    cause: Pick<Cause, 'kind' | 'reaction'>,
  ): Promise<MessageView> {
    await this.recordMessageChanges(grant.room.id, actor.userId, [message], cause);
    return this.getMessageView(grant, message.id);
  }

  /** Takes a rev of the room for each message, in order, and publishes all changes as one event after the commit. */
  async recordMessageChanges(
    roomId: string,
    userId: string,
    messages: readonly { seq: number; id: string }[],
    cause: Pick<Cause, 'kind' | 'reaction'>,
  ): Promise<void> {
    const ids = messages.map(({ id }) => id);
    const { prevRev, rev, fence } = await this.log.recordChanges(roomId, 'message', ids);
    await this.transactions.query(
      `UPDATE messages m SET rev = $2::bigint + k.position FROM unnest($3::bigint[]) WITH ORDINALITY k (seq, position)
       WHERE m.room_id = $1 AND m.seq = k.seq`,
      [roomId, prevRev, messages.map(({ seq }) => seq)],
    );
    const causes = ids.map((messageId, index) => ({ ...cause, messageId, rev: prevRev + index + 1, userId }));
    const views = await this.getNeutralViews(messages.map(({ seq }) => ({ roomId, seq })));
    this.events.publish(new MessagesChanged(roomId, prevRev, rev, fence, causes, views));
  }

  /** Replaces the text of a message. */
  async updateText({ roomId, seq }: Message, text: string | null): Promise<void> {
    const editedAt = () => 'greatest(clock_timestamp(), created_at)';
    await this.transactions.manager.update(Message, { roomId, seq }, { text, editedAt });
  }

  /**
   * Makes tombstones of messages of one room: removes their texts, request hashes and mentions, and subtracts them from the reply counts
   * of their originals. The rows that other modules keep of them stay. @param messages at most 500
   */
  async markMessagesDeleted(roomId: string, messages: readonly DeletableMessage[]): Promise<void> {
    await this.transactions.query(
      `UPDATE messages SET text = NULL, request_hash = NULL, deleted_at = greatest(clock_timestamp(), created_at)
       WHERE room_id = $1 AND seq = ANY ($2::bigint[])`,
      [roomId, messages.map(({ seq }) => seq)],
    );
    await this.transactions.manager.delete(MessageMention, { roomId, messageId: In(messages.map(({ id }) => id)) });
    await this.addToReplyCounts(roomId, messages, -1);
  }

  /** Adds `by` to the reply count of the original of each reply among these messages of one room. */
  async addToReplyCounts(roomId: string, messages: readonly { replyToSeq: number | null }[], by: 1 | -1): Promise<void> {
    const originals = messages.flatMap(({ replyToSeq }) => replyToSeq ?? []);
    if (originals.length === 0) return;
    await this.transactions.query(
      `UPDATE messages o SET reply_count = o.reply_count + r.count * $3
       FROM (SELECT seq, count(*)::integer AS count FROM unnest($2::bigint[]) AS seq GROUP BY seq) r
       WHERE o.room_id = $1 AND o.seq = r.seq`,
      [roomId, originals, by],
    );
  }

  /** Returns when each user last sent a message to the room. One row per user, by `messages_author_idx`. @param userIds at most 100 */
  async findLastSends(roomId: string, userIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.transactions.query<{ user_id: string; created_at: Date }>(
      `SELECT u.user_id, m.created_at FROM unnest($2::uuid[]) u (user_id) CROSS JOIN LATERAL (SELECT created_at FROM messages
         WHERE user_id = u.user_id AND room_id = $1 AND type <> 'system' ORDER BY seq DESC LIMIT 1) m`,
      [roomId, userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.created_at]));
  }

  /** Returns the first message of the user after `after`, by room, that is neither deleted nor a system message. */
  async findNextAuthored(userId: string, after: MessageKey): Promise<MessageKey | null> {
    const [found] = await this.transactions.query<MessageKey>(
      `SELECT room_id AS "roomId", seq FROM messages WHERE user_id = $1 AND (room_id, seq) > ($2::uuid, $3::bigint)
       AND deleted_at IS NULL AND type <> 'system' ORDER BY room_id, seq LIMIT 1`,
      [userId, after.roomId, after.seq],
    );
    return found ?? null;
  }

  /** Returns messages of the user in one room, from `from` on, ascending, without deleted and system messages. */
  findAuthored(userId: string, { roomId, seq }: MessageKey, limit: number): Promise<Message[]> {
    return this.transactions.manager.find(Message, {
      where: { userId, roomId, seq: MoreThanOrEqual(seq), deletedAt: IsNull(), type: Not('system') },
      order: { seq: 'ASC' },
      take: limit,
    });
  }

  findMentions({ roomId, id }: Message): Promise<StoredMention[]> {
    return this.transactions.query<StoredMention>(
      `SELECT mm.user_id AS "userId", u.username FROM message_mentions mm LEFT JOIN users u ON u.id = mm.user_id
       WHERE mm.room_id = $1 AND mm.message_id = $2`,
      [roomId, id],
    );
  }

  /** Replaces the mentions of a message by the members of the room among these users. */
  async replaceMentions(message: Message, who: { usernames: readonly string[]; userIds: readonly string[]; all: boolean }): Promise<void> {
    await this.transactions.manager.delete(MessageMention, { roomId: message.roomId, messageId: message.id });
    await this.transactions.query(
      `INSERT INTO message_mentions (room_id, message_id, seq, user_id)
       SELECT $1::uuid, $2::uuid, $3::bigint, ru.user_id FROM room_users ru JOIN users u ON u.id = ru.user_id
       WHERE ru.room_id = $1 AND (u.username = ANY ($4::text[]) OR u.id = ANY ($5::uuid[]))
       UNION ALL SELECT $1::uuid, $2::uuid, $3::bigint, '${EVERYONE_ID}' WHERE $6::boolean`,
      [message.roomId, message.id, message.seq, who.usernames, who.userIds, who.all],
    );
  }
}
