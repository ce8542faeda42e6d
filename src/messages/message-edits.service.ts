import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { mentionsIn } from '../timeline/mentions.policy.js';
import { checkText } from '../timeline/message-content.policy.js';
import type { Message } from '../timeline/message.entity.js';
import { EVERYONE_ID } from '../timeline/message.types.js';
import { EmptyMessage } from '../timeline/timeline.errors.js';

/** Whom an edited message mentions. */
export interface Mentioned {
  usernames: string[];
  userIds: string[];
  all: boolean;
}

/** What an edit leaves behind, and what it may say. */
@Injectable()
export class MessageEdits {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** The text as it will be kept. @throws ValidationFailed, UnstorableText, EmptyMessage */
  checkEditedText(text: string | null, message: Message): string | null {
    const checked = text === null ? null : checkText(text, this.settings.messages);
    if (message.type === 'text' && (checked === null || checked.trim() === '')) throw new EmptyMessage('A text message needs text.');
    return checked === '' ? null : checked;
  }

  /** Keeps what the message said before the edit, just written, that takes `rev`; of many edits, the newest. */
  async insertEdit(message: Message, editorId: string, rev: number): Promise<void> {
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
  }

  /** Nothing of what messages said before is left. @param messageIds of one room, at most 1,000 */
  async deleteEdits(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.transactions.query(`DELETE FROM message_edits WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`, [roomId, messageIds]);
  }

  /** Whom the message mentions with its new text: those named there, and those whom the send named beside its text. */
  async resolveMentions(grant: RoomGrant, message: Message, text: string | null): Promise<Mentioned> {
    const rows = await this.transactions.query<{ userId: string; username: string | null }>(
      `SELECT mm.user_id AS "userId", u.username FROM message_mentions mm LEFT JOIN users u ON u.id = mm.user_id
       WHERE mm.room_id = $1 AND mm.message_id = $2`,
      [message.roomId, message.id],
    );
    const before = mentionsIn(message.text);
    const now = mentionsIn(text);
    const beside = rows.filter(({ username }) => username !== null && !before.usernames.includes(username));
    const allBeside = !before.all && rows.some(({ userId }) => userId === EVERYONE_ID);
    return {
      usernames: now.usernames,
      userIds: beside.map(({ userId }) => userId),
      all: allBeside || (now.all && grant.can('can_mention_all')),
    };
  }
}
