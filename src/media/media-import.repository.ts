import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { Media, MessageMedia } from './media.entity.js';
import { ATTACHABLE } from './media.repository.js';

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
    const media = await this.transactions.manager.find(Media, {
      where: { id: In([...mediaIds]), ...ATTACHABLE },
      order: { id: 'ASC' },
      lock: { mode: 'for_no_key_update' },
    });
    return new Set(media.map(({ id }) => id));
  }

  /** Attaches locked files to messages. */
  async attachMedia(places: readonly JsonRow<MessageMedia>[]): Promise<void> {
    await insertMissing(this.transactions, MessageMedia, places);
    const ids = places.map(({ mediaId }) => mediaId);
    await this.transactions.manager.update(Media, { id: In(ids) }, { attachedAt: () => 'clock_timestamp()' });
  }
}
