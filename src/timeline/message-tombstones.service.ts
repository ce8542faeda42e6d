import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { type MessageKey, MessageRepository } from './message.repository.js';
import { MessagesChanged } from './timeline.events.js';

export interface AuthoredMessage extends MessageKey {
  id: string;
}

/** Turning all that somebody wrote into tombstones, many rows at a time. */
@Injectable()
export class MessageTombstones {
  constructor(
    private readonly transactions: Transactions,
    private readonly messageRepository: MessageRepository,
    private readonly log: RoomLog,
    private readonly events: DomainEvents,
  ) {}

  /** The first room past a place in which the person wrote, and from where on. */
  async findNextAuthored(userId: string, { roomId, seq }: MessageKey): Promise<MessageKey | null> {
    const [found] = await this.transactions.query<MessageKey>(
      `SELECT room_id AS "roomId", seq FROM messages WHERE user_id = $1 AND (room_id, seq) > ($2::uuid, $3::bigint)
       AND deleted_at IS NULL AND type <> 'system' ORDER BY room_id, seq LIMIT 1`,
      [userId, roomId, seq],
    );
    return found ?? null;
  }

  /** What the person wrote in the room, from `seq` on, ascending. Expects the room's head. */
  findAuthored(userId: string, { roomId, seq }: MessageKey, limit: number): Promise<AuthoredMessage[]> {
    return this.transactions.query<AuthoredMessage>(
      `SELECT room_id AS "roomId", seq, id FROM messages WHERE user_id = $1 AND room_id = $2 AND seq >= $3
       AND deleted_at IS NULL AND type <> 'system' ORDER BY seq LIMIT $4`,
      [userId, roomId, seq, limit],
    );
  }

  /**
   * Takes text, its hash and mentions from messages of one room, and them from the replies that their originals count. Expects the room's head. What
   * other modules keep of them they take away themselves. @param messages at most 500
   */
  async markMessagesDeleted(roomId: string, messages: readonly AuthoredMessage[]): Promise<void> {
    const seqs = messages.map(({ seq }) => seq);
    await this.transactions.query(
      `UPDATE messages SET text = NULL, request_hash = NULL, deleted_at = greatest(clock_timestamp(), created_at)
       WHERE room_id = $1 AND seq = ANY ($2::bigint[])`,
      [roomId, seqs],
    );
    await this.transactions.query(`DELETE FROM message_mentions WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`, [
      roomId,
      messages.map(({ id }) => id),
    ]);
    await this.transactions.query(
      `UPDATE messages o SET reply_count = o.reply_count - r.replies FROM (
         SELECT reply_to_seq, count(*)::int AS replies FROM messages
         WHERE room_id = $1 AND seq = ANY ($2::bigint[]) AND reply_to_seq IS NOT NULL GROUP BY reply_to_seq) r
       WHERE o.room_id = $1 AND o.seq = r.reply_to_seq`,
      [roomId, seqs],
    );
  }

  /** Ends the change: a rev for each, in order, and one fact for all. Expects the room's head. */
  async recordDeletions(roomId: string, userId: string, messages: readonly AuthoredMessage[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    const { prevRev, rev, fence } = await this.log.recordChanges(roomId, 'message', ids);
    await this.transactions.query(
      `UPDATE messages m SET rev = $2::bigint + k.position FROM unnest($3::bigint[]) WITH ORDINALITY k (seq, position)
       WHERE m.room_id = $1 AND m.seq = k.seq`,
      [roomId, prevRev, messages.map(({ seq }) => seq)],
    );
    const causes = ids.map((messageId, at) => ({ kind: 'deleted' as const, messageId, rev: prevRev + at + 1, userId }));
    this.events.publish(new MessagesChanged(roomId, prevRev, rev, fence, causes, await this.messageRepository.getNeutralView(messages)));
  }
}
