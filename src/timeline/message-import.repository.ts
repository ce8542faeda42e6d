import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { RoomImportRepository } from '../room-access/room-import.repository.js';
import { MessageRepository } from './message.repository.js';
import { EVERYONE_ID, type MessageType, type SystemEvent } from './message.types.js';

/** A message of another installation. The import gives it its number. */
export interface ImportedMessage {
  id: string;
  /** Of its last change; the import raises the room's rev to it. */
  rev: number;
  type: MessageType;
  text: string | null;
  userId: string;
  replyToId: string | null;
  replyToSeq: number | null;
  mentions: readonly string[];
  mentionsAll: boolean;
  system: { event: SystemEvent; userIds: readonly string[] } | null;
  /** Hex; not stored for a deleted message. */
  requestHash: string | null;
  createdAt: string;
  editedAt: string | null;
  deletedAt: string | null;
}

export interface NumberedMessage extends ImportedMessage {
  seq: number;
  /** Number of non-system messages up to this one. */
  n: number;
}

/** Inserts imported messages after the last `seq`. Publishes no events. */
@Injectable()
export class MessageImportRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly rooms: RoomImportRepository,
    private readonly messageRepository: MessageRepository,
  ) {}

  /**
   * Inserts messages that the room does not have, in the order and with the numbers given, which follow its head; counts replies, advances the
   * head and the read marks of authors who are members. Expects the transaction that holds the room's head.
   * @param messages at most 1,000 rows, mentions included
   */
  async importMessages(roomId: string, messages: readonly NumberedMessage[]): Promise<void> {
    await this.insertMessages(roomId, messages);
    await this.insertMentions(roomId, messages);
    await this.messageRepository.addToReplyCounts(
      roomId,
      messages.filter(({ deletedAt }) => deletedAt === null),
      1,
    );
    await this.rooms.advanceHead(roomId, messages);
  }

  private async insertMessages(roomId: string, messages: readonly NumberedMessage[]): Promise<void> {
    await this.transactions.query(
      `INSERT INTO messages (room_id, seq, id, n, rev, type, text, user_id, reply_to_id, reply_to_seq, request_hash, system_event,
         system_user_ids, created_at, edited_at, deleted_at)
       SELECT $1, x.seq, x.id, x.n, x.rev, x.type, x.text, x."userId", x."replyToId", x."replyToSeq",
         CASE WHEN x."deletedAt" IS NULL THEN decode(x."requestHash", 'hex') END,
         x.system ->> 'event', CASE WHEN x.system ? 'userIds' THEN ARRAY(
           SELECT u.id::uuid FROM jsonb_array_elements_text(x.system -> 'userIds') WITH ORDINALITY u (id, position) ORDER BY u.position) END,
         x."createdAt", x."editedAt", x."deletedAt"
       FROM jsonb_to_recordset($2::jsonb) AS x (seq bigint, id uuid, n bigint, rev bigint, type text, text text, "userId" uuid,
         "replyToId" uuid, "replyToSeq" bigint, "requestHash" text, system jsonb, "createdAt" timestamptz, "editedAt" timestamptz,
         "deletedAt" timestamptz)`,
      [roomId, JSON.stringify(messages)],
    );
  }

  private async insertMentions(roomId: string, messages: readonly NumberedMessage[]): Promise<void> {
    const rows = messages.flatMap(({ id, seq, mentions, mentionsAll }) =>
      [...mentions, ...(mentionsAll ? [EVERYONE_ID] : [])].map((userId) => ({ id, seq, userId })),
    );
    await this.transactions.query(
      `INSERT INTO message_mentions (room_id, message_id, seq, user_id)
       SELECT $1, x.id, x.seq, x.user_id FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) x (id, seq, user_id)`,
      [roomId, rows.map(({ id }) => id), rows.map(({ seq }) => seq), rows.map(({ userId }) => userId)],
    );
  }
}
