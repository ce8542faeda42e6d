import { Injectable, Logger } from '@nestjs/common';
import { isId, newId } from '../common/ids.js';
import { ObjectStore } from '../storage/object-store.js';
import type { Media } from './media.entity.js';

/** Below it stand the files that rows refer to. */
const KEPT = 'media';
/** Below it clients put what they upload by themselves, until it is looked at and taken over. */
const ARRIVING = 'uploads';

/** Where each file lies in the store. A key is used once: what was looked at under it stays what it was. */
@Injectable()
export class MediaObjects {
  static readonly places = [`${KEPT}/`, `${ARRIVING}/`] as const;
  private readonly log = new Logger(MediaObjects.name);

  constructor(private readonly store: ObjectStore) {}

  newKey(mediaId: string): string {
    return `${KEPT}/${mediaId}/${newId()}`;
  }

  uploadKey(mediaId: string): string {
    return `${ARRIVING}/${mediaId}`;
  }

  /** The file that a key belongs to, if it is one of these. */
  mediaIdOf(key: string): string | null {
    const id = key.split('/')[1];
    return isId(id) ? id : null;
  }

  /** Takes away what no row refers to any more. What cannot be taken away now is found by the collector. */
  async deleteObjects(...files: (string | Pick<Media, 'objectKey' | 'thumbnailKey'> | null | undefined)[]): Promise<void> {
    const keys = files.flatMap((file) => (file && typeof file === 'object' ? [file.objectKey, file.thumbnailKey] : [file]));
    await this.store
      .delete(keys.filter((key): key is string => typeof key === 'string'))
      .catch((error: unknown) => this.log.warn(`not removed for now: ${error instanceof Error ? error.message : String(error)}`));
  }
}
