import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Settings } from '../config/settings.js';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { MediaRepository } from '../media/media.repository.js';
import { ReactionRepository } from '../reactions/reaction.repository.js';
import { SearchIndex } from '../search/search-index.service.js';
import type { Message } from '../timeline/message.entity.js';
import { MessageEdit, MessagePin } from './messages.entity.js';

/**
 * What depends on a message: former texts, pin, reactions, media, search entry. Every method expects the transaction that holds the room's
 * head.
 */
@Injectable()
export class MessageDependents {
  constructor(
    private readonly transactions: Transactions,
    private readonly reactionRepository: ReactionRepository,
    private readonly media: MediaRepository,
    private readonly search: SearchIndex,
    private readonly settings: Settings,
  ) {}

  /** Stores the text before an edit, which is written already and takes `rev`, keeps the newest edits only, and indexes the new text. */
  async recordEdit(message: Message, newText: string | null, editorId: string, rev: number): Promise<void> {
    await this.transactions.query(
      `INSERT INTO message_edits (room_id, message_id, rev, text, user_id, edited_at)
       SELECT m.room_id, m.id, $3, $4, $5, m.edited_at FROM messages m WHERE m.room_id = $1 AND m.seq = $2`,
      [message.roomId, message.seq, rev, message.text, editorId],
    );
    await this.transactions.query(
      `DELETE FROM message_edits WHERE room_id = $1 AND message_id = $2 AND rev IN (
         SELECT rev FROM message_edits WHERE room_id = $1 AND message_id = $2 ORDER BY rev DESC OFFSET $3)`,
      [message.roomId, message.id, this.settings.messages.maxEdits],
    );
    await this.search.reindexMessage({ ...message, text: newText });
  }

  /** Inserts imported edits. Returns how many were new. @param edits at most 1,000 */
  async importEdits(edits: readonly JsonRow<MessageEdit>[]): Promise<number> {
    return (await insertMissing(this.transactions, MessageEdit, edits)).length;
  }

  /** Inserts imported pins. Returns how many were new. @param pins at most 1,000 */
  async importPins(pins: readonly JsonRow<MessagePin>[]): Promise<number> {
    return (await insertMissing(this.transactions, MessagePin, pins)).length;
  }

  /** Deletes everything that depends on deleted messages of one room. @param messages ascending by seq, at most 1,000 */
  async deleteDependents(roomId: string, messages: readonly { id: string; seq: number }[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await this.reactionRepository.deleteReactions(roomId, ids);
    await this.transactions.manager.delete(MessageEdit, { roomId, messageId: In(ids) });
    await this.transactions.manager.delete(MessagePin, { roomId, messageId: In(ids) });
    await this.media.detachMedia(roomId, ids);
    await this.search.unindexMessages(
      roomId,
      messages.map(({ seq }) => seq),
    );
  }
}
