import { Injectable } from '@nestjs/common';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { Media, MessageMedia } from './media.entity.js';

/** A file of another installation. Its bytes are copied to the store separately, under the same key. */
export type ImportedMedia = JsonRow<Omit<Media, 'status' | 'expiresAt' | 'attachedAt' | 'doomedAt'>>;

@Injectable()
export class MediaImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Inserts imported files and returns how many were new. They count as attached now, so that the garbage collector leaves time for the
   * records that refer to them. @param media at most 1,000
   */
  async importMedia(media: readonly ImportedMedia[]): Promise<number> {
    const attachedAt = new Date();
    const rows = media.map((file) => ({ ...file, status: 'ready' as const, attachedAt }));
    return (await insertMissing(this.transactions, Media, rows)).length;
  }

  /** Locks files until the transaction ends, as a send does, and returns those that can be attached. Expects the room head's lock. */
  async lockMedia(mediaIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM media WHERE id = ANY ($1::uuid[]) AND status = 'ready' AND doomed_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
      [mediaIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Attaches locked files to messages. */
  async attachMedia(places: readonly JsonRow<MessageMedia>[]): Promise<void> {
    await insertMissing(this.transactions, MessageMedia, places);
    await this.transactions.query(`UPDATE media SET attached_at = clock_timestamp() WHERE id = ANY ($1::uuid[])`, [
      places.map(({ mediaId }) => mediaId),
    ]);
  }
}
