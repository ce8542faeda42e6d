import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** Which files stand in which messages, as rows. Sends write them; here they are taken away. */
@Injectable()
export class MessageMediaRows {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Takes the files out of messages that are being deleted; what nothing refers to any more is the collector's. Expects the transaction that
   * holds the room's head. @param messageIds of one room, at most 1,000
   */
  async clear(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.transactions.query(`DELETE FROM message_media WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`, [roomId, messageIds]);
  }
}
