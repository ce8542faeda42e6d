import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { MediaRepository } from '../media/media.repository.js';
import { MessageEdits } from './message-edits.service.js';

/** What a deleted message must not leave behind besides its text: edits, its pin, its files. */
@Injectable()
export class MessageDependents {
  constructor(
    private readonly transactions: Transactions,
    private readonly edits: MessageEdits,
    private readonly media: MediaRepository,
  ) {}

  /** Expects the transaction that holds the room's head. @param messageIds of one room, at most 1,000 */
  async deleteDependents(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.edits.deleteEdits(roomId, messageIds);
    await this.transactions.query(`DELETE FROM message_pins WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`, [roomId, messageIds]);
    await this.media.detachMedia(roomId, messageIds);
  }
}
