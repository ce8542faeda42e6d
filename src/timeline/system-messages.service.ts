import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { MessageRepository } from './message.repository.js';
import type { SystemEvent } from './message.types.js';
import { MessagesPosted } from './timeline.events.js';

/** What the server itself says in a room. */
@Injectable()
export class SystemMessages {
  constructor(
    private readonly transactions: Transactions,
    private readonly messageRepository: MessageRepository,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Appends a system message. Expects the transaction that holds the room's head: never through the writer's queue, which would wait for
   * that very lock. It counts as nobody's unread.
   * @param actorId who did it  @param userIds to whom, or who came and went; at most 100
   */
  async appendSystemMessage(roomId: string, actorId: string, event: SystemEvent, userIds: readonly string[]): Promise<void> {
    const [row] = await this.transactions.query<{ seq: number; fence: number }>(
      `WITH head AS (
         UPDATE room_heads SET last_seq = last_seq + 1, last_at = greatest(last_at, clock_timestamp())
         WHERE room_id = $1 RETURNING last_seq, last_n, last_at, fence
       ), written AS (
         INSERT INTO messages (room_id, seq, id, n, type, user_id, system_event, system_user_ids, created_at)
         SELECT $1, last_seq, $2, last_n, 'system', $3, $4, $5::uuid[], last_at FROM head
       )
       SELECT last_seq AS seq, fence FROM head`,
      [roomId, newId(), actorId, event, userIds],
    );
    if (!row) throw new Error(`room ${roomId} has no head`);
    this.events.publish(new MessagesPosted(roomId, row.fence, await this.messageRepository.getNeutralView([{ roomId, seq: row.seq }])));
  }
}
