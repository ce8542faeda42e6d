import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { Transactions } from '../database/transactions.js';
import { Media } from './media.entity.js';
import { MediaInUse, MediaNotFound } from './media.errors.js';
import { MediaObjects } from './media-objects.service.js';
import { MediaRepository } from './media.repository.js';
import { mediaViewOf, type MediaView } from './media.view.js';

/** Reads and deletes files. */
@Injectable()
export class MediaService {
  constructor(
    private readonly transactions: Transactions,
    private readonly mediaRepository: MediaRepository,
    private readonly objects: MediaObjects,
  ) {}

  /** Returns a file that you may read now. @throws MediaNotFound as for an unknown id */
  async requireMedia(actor: Actor, id: string): Promise<Media> {
    const media = await this.mediaRepository.findReadable(actor.userId, id);
    if (!media) throw new MediaNotFound();
    return media;
  }

  async getMedia(actor: Actor, id: string): Promise<MediaView> {
    return mediaViewOf(await this.requireMedia(actor, id));
  }

  /** Deletes an unused file of the actor, also a direct upload without bytes. @throws MediaNotFound, Forbidden not_author, MediaInUse */
  async deleteMedia(actor: Actor, id: string): Promise<void> {
    const deleted = await this.transactions.run(async () => {
      // Attaching locks this row, too: references are looked up after the lock.
      const media = await this.mediaRepository.lockMedia(id, actor.userId);
      if (!media) return null;
      if (await this.mediaRepository.isReferenced(id)) throw new MediaInUse();
      await this.transactions.manager.delete(Media, { id });
      return media;
    });
    if (deleted) return this.objects.deleteObjects(deleted);
    await this.requireMedia(actor, id);
    throw new Forbidden('not_author');
  }
}
