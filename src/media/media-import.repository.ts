import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import type { Media } from './media.entity.js';

/** A file that another installation knows. Its bytes are brought to the store by other means, under the same key. */
export interface ImportedMedia extends Pick<
  Media,
  'id' | 'ownerId' | 'kind' | 'filename' | 'contentType' | 'size' | 'width' | 'height' | 'durationMs' | 'objectKey' | 'thumbnailKey'
> {
  /** Hex. */
  sha256: string | null;
  createdAt: string;
}

/** A file at its place in a message. */
export interface ImportedPlace {
  messageId: string;
  seq: number;
  position: number;
  mediaId: string;
}

/** Files as rows that are taken over. */
@Injectable()
export class MediaImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * How many were not there. They count as attached from now on: what refers to them comes later, and the collector looks for it when its
   * time has passed. @param media at most 1,000
   */
  async importMedia(media: readonly ImportedMedia[]): Promise<number> {
    const rows = await this.transactions.query(
      `INSERT INTO media (id, owner_id, kind, filename, content_type, size, sha256, width, height, duration_ms, object_key, thumbnail_key,
         status, created_at, attached_at)
       SELECT x.id, x."ownerId", x.kind, x.filename, x."contentType", x.size, decode(x.sha256, 'hex'), x.width, x.height, x."durationMs",
         x."objectKey", x."thumbnailKey", 'ready', x."createdAt", clock_timestamp()
       FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, "ownerId" uuid, kind text, filename text, "contentType" text, size bigint, sha256 text,
         width integer, height integer, "durationMs" integer, "objectKey" text, "thumbnailKey" text, "createdAt" timestamptz)
       ORDER BY x.id ON CONFLICT (id) DO NOTHING RETURNING 1`,
      [JSON.stringify(media)],
    );
    return rows.length;
  }

  /** Holds files until the end of the transaction, as a send does: those of them that may be attached. Expects the room's head. */
  async lockMedia(mediaIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM media WHERE id = ANY ($1::uuid[]) AND status = 'ready' AND doomed_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
      [mediaIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Puts files that are held into messages. */
  async attachMedia(roomId: string, places: readonly ImportedPlace[]): Promise<void> {
    await this.transactions.query(
      `INSERT INTO message_media (room_id, message_id, position, seq, media_id)
       SELECT $1, x."messageId", x.position, x.seq, x."mediaId"
       FROM jsonb_to_recordset($2::jsonb) AS x ("messageId" uuid, position smallint, seq bigint, "mediaId" uuid)`,
      [roomId, JSON.stringify(places)],
    );
    await this.transactions.query(`UPDATE media SET attached_at = clock_timestamp() WHERE id = ANY ($1::uuid[])`, [
      places.map(({ mediaId }) => mediaId),
    ]);
  }
}
