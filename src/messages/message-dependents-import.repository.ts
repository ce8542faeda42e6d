import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

export interface ImportedEdit {
  messageId: string;
  /** Orders the edits of a message; not above the room's rev. */
  rev: number;
  text: string | null;
  userId: string;
  editedAt: string;
}

export interface ImportedPin {
  messageId: string;
  userId: string;
  pinnedAt: string;
}

/** Inserts the former texts and pins of imported messages. Expects the transaction that holds the room's head. */
@Injectable()
export class MessageDependentsImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Returns how many were new. @param edits at most 1,000 */
  async importEdits(roomId: string, edits: readonly ImportedEdit[]): Promise<number> {
    const rows = await this.transactions.query(
      `INSERT INTO message_edits (room_id, message_id, rev, text, user_id, edited_at)
       SELECT $1, x."messageId", x.rev, x.text, x."userId", x."editedAt"
       FROM jsonb_to_recordset($2::jsonb) AS x ("messageId" uuid, rev bigint, text text, "userId" uuid, "editedAt" timestamptz)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [roomId, JSON.stringify(edits)],
    );
    return rows.length;
  }

  /** Returns how many were new. @param pins at most 1,000 */
  async importPins(roomId: string, pins: readonly ImportedPin[]): Promise<number> {
    const rows = await this.transactions.query(
      `INSERT INTO message_pins (room_id, message_id, seq, pinned_by, pinned_at)
       SELECT $1, m.id, m.seq, x."userId", x."pinnedAt"
       FROM jsonb_to_recordset($2::jsonb) AS x ("messageId" uuid, "userId" uuid, "pinnedAt" timestamptz)
       JOIN messages m ON m.room_id = $1 AND m.id = x."messageId"
       ON CONFLICT DO NOTHING RETURNING 1`,
      [roomId, JSON.stringify(pins)],
    );
    return rows.length;
  }
}
