import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import { Media } from './media.entity.js';
import { MediaInUse, MediaNotFound } from './media.errors.js';
import { MediaObjects } from './media-objects.service.js';
import { MediaQueries } from './media.queries.js';
import { mediaViewOf, type MediaView } from './media.view.js';

/** Reading about files, and throwing one's own away. */
@Injectable()
export class MediaService {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: MediaQueries,
    private readonly objects: MediaObjects,
  ) {}

  /** A file that the person may read, judged now. @throws MediaNotFound as for an id that never was */
  async requireMedia(actor: Actor, id: string): Promise<Media> {
    const media = await this.queries.findReadable(actor.userId, id);
    if (!media) throw new MediaNotFound();
    return media;
  }

  async getMedia(actor: Actor, id: string): Promise<MediaView> {
    return mediaViewOf(await this.requireMedia(actor, id));
  }

  /** Throws away an unused file of one's own, also one that has not come yet. @throws MediaNotFound, Forbidden not_author, MediaInUse */
  async deleteMedia(actor: Actor, id: string): Promise<void> {
    const gone = await this.transactions.run(async () => {
      // Whoever attaches it holds this row, or waits for it: the look after the lock is the last word.
      await this.transactions.query(`SELECT 1 FROM media WHERE id = $1 AND owner_id = $2 FOR UPDATE`, [id, actor.userId]);
      const media = await this.transactions.manager.findOneBy(Media, { id, ownerId: actor.userId });
      if (!media) return null;
      if (await this.queries.isReferenced(id)) throw new MediaInUse();
      await this.transactions.manager.delete(Media, { id });
      return media;
    });
    if (gone) return this.objects.deleteObjects(gone);
    await this.requireMedia(actor, id);
    throw new Forbidden('not_author');
  }
}
