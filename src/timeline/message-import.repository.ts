import { Injectable } from '@nestjs/common';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomImportRepository } from '../room-access/room-import.repository.js';
import { Message, MessageMention } from './message.entity.js';
import { MessageRepository } from './message.repository.js';
import { EVERYONE_ID, type SystemEvent } from './message.types.js';

/** A message of another installation, numbered for its room here. `requestHash` is not stored of a deleted message. */
export type ImportedMessage = JsonRow<Omit<Message, 'roomId' | 'replyCount' | 'systemEvent' | 'systemUserIds'>> & {
  readonly mentions: readonly string[];
  readonly mentionsAll: boolean;
  readonly system: { event: SystemEvent; userIds: readonly string[] } | null;
};

@Injectable()
export class MessageImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly rooms: RoomImportRepository,
    private readonly messageRepository: MessageRepository,
  ) {}

  /**
   * Inserts messages whose numbers follow the room head, counts replies, moves the head and the read marks of authors who are members.
   * Publishes no events. Expects the transaction that holds the room head.
   * @param messages unknown to the room, ascending; at most 1,000 with their mentions
   */
  async importMessages(roomId: string, messages: readonly ImportedMessage[]): Promise<void> {
    await insertMissing(
      this.transactions,
      Message,
      messages.map(({ system, ...message }) => ({
        ...message,
        roomId,
        requestHash: message.deletedAt === null ? message.requestHash : null,
        systemEvent: system?.event ?? null,
        systemUserIds: system?.userIds ?? null,
      })),
    );
    const mentions = messages.flatMap(({ id, seq, mentions: userIds, mentionsAll }) =>
      [...userIds, ...(mentionsAll ? [EVERYONE_ID] : [])].map((userId) => ({ roomId, messageId: id, seq, userId })),
    );
    await insertMissing(this.transactions, MessageMention, mentions);
    await this.messageRepository.addToReplyCounts(
      roomId,
      messages.filter(({ deletedAt }) => deletedAt === null),
      1,
    );
    await this.rooms.advanceHead(roomId, messages);
  }
}
