import { Injectable, Logger } from '@nestjs/common';
import { isId, newId } from '../common/ids.js';
import { ObjectStore } from '../storage/object-store.js';
import type { Media } from './media.entity.js';

/** Prefix of the files to which rows refer. */
const STORED = 'media';
/** Prefix of direct uploads, until they are inspected and copied. */
const UPLOADED = 'uploads';

/** Names and deletes the objects of files. A key is used once: an object that was inspected never changes. */
@Injectable()
export class MediaObjects {
  static readonly prefixes = [`${STORED}/`, `${UPLOADED}/`] as const;
  private readonly log = new Logger(MediaObjects.name);

  constructor(private readonly store: ObjectStore) {}

  newKey(mediaId: string): string {
    return `${STORED}/${mediaId}/${newId()}`;
  }

  uploadKey(mediaId: string): string {
    return `${UPLOADED}/${mediaId}`;
  }

  /** Returns the id of the file to which a key belongs; null for any other key. */
  mediaIdOf(key: string): string | null {
    const id = key.split('/')[1];
    return isId(id) ? id : null;
  }

  /** Deletes objects to which no row refers any more. The garbage collector finds those that cannot be deleted now. */
  async deleteObjects(...files: (string | Pick<Media, 'objectKey' | 'thumbnailKey'> | null)[]): Promise<void> {
    const keys = files.flatMap((file) => (typeof file === 'string' ? [file] : [file?.objectKey, file?.thumbnailKey]));
    await this.store
      .delete(keys.filter((key) => typeof key === 'string'))
      .catch((error: unknown) => this.log.warn(`objects not deleted yet: ${error instanceof Error ? error.message : String(error)}`));
  }
}
