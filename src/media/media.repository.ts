import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { Media } from './media.entity.js';
import { QuotaExceeded } from './media.errors.js';

/** A file whose bytes are in the store. */
export type StoredFile = Pick<
  Media,
  'kind' | 'contentType' | 'size' | 'sha256' | 'width' | 'height' | 'durationMs' | 'objectKey' | 'thumbnailKey'
>;

/** Files as rows. What a person has is counted under a lock of theirs, so that uploads at once do not share the same space. */
@Injectable()
export class MediaRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** @throws QuotaExceeded */
  async insertMedia(file: Partial<Media> & Pick<Media, 'id' | 'ownerId' | 'size'>): Promise<Media> {
    return this.transactions.run(async () => {
      await this.lock(file.ownerId);
      await this.requireQuota(file.ownerId, file.size);
      const { manager } = this.transactions;
      await manager.insert(Media, file);
      return manager.findOneByOrFail(Media, { id: file.id });
    });
  }

  /** By what stands there now: whoever fills the space meanwhile is met by {@link insertMedia}. @throws QuotaExceeded */
  async requireQuota(ownerId: string, bytes: number): Promise<void> {
    const [{ used } = { used: 0 }] = await this.transactions.query<{ used: number }>(
      `SELECT coalesce(sum(size), 0)::bigint AS used FROM media WHERE owner_id = $1`,
      [ownerId],
    );
    if (used + bytes > this.settings.media.quotaBytes) throw new QuotaExceeded();
  }

  /** Ends a direct upload; null when it has ended already. @throws QuotaExceeded for what it has grown beyond the reserved size */
  async completeMedia({ id, ownerId, size }: Media, file: StoredFile): Promise<Media | null> {
    return this.transactions.run(async () => {
      await this.lock(ownerId);
      const { manager } = this.transactions;
      const { affected } = await manager.update(Media, { id, status: 'pending' }, { ...file, status: 'ready', expiresAt: null });
      if (affected !== 1) return null;
      // Its row says by now what it weighs.
      if (file.size > size) await this.requireQuota(ownerId, 0);
      return this.findMedia(id);
    });
  }

  findMedia(id: string): Promise<Media | null> {
    return this.transactions.manager.findOneBy(Media, { id });
  }

  private lock(ownerId: string): Promise<unknown> {
    return this.transactions.query(`SELECT pg_advisory_xact_lock(hashtextextended('media:' || $1, 0))`, [ownerId]);
  }
}
