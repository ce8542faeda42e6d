import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ObjectStore, type VerifiedUpload } from '../../storage/object-store.js';
import { ObjectTooLarge } from '../../storage/storage.errors.js';
import { MediaObjects } from '../media-objects.service.js';
import { DirectUploads } from './direct-uploads.service.js';
import { HashingStream } from './hashing-stream.js';
import { cutOffLater } from './form-reader.js';
import { UploadSlots } from './upload-slots.js';
import { UploadBrokenOff, UploadMismatch, UploadNotFound } from './uploads.errors.js';

/** The end of a direct upload where the store is a folder: raw bytes, by a link that the store has signed. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly store: ObjectStore,
    private readonly slots: UploadSlots,
    private readonly direct: DirectUploads,
    private readonly objects: MediaObjects,
  ) {}

  /** @throws UploadNotFound (also when the link is forged or over), UploadMismatch, ObjectTooLarge, UploadBrokenOff, TooManyUploads */
  async putDirectUpload(mediaId: string, token: string, request: Request): Promise<void> {
    try {
      const grant = this.store.verifyUpload(mediaId, token);
      if (!grant) throw new UploadNotFound();
      await this.direct.findPending(mediaId);
      requirePromised(request, grant);
      await this.slots.hold(() => this.receive(grant, request));
    } catch (error) {
      cutOffLater(request);
      throw request.destroyed && !request.complete ? new UploadBrokenOff() : error;
    }
  }

  private async receive({ key, contentType, size }: VerifiedUpload, request: Request): Promise<void> {
    const body = Readable.from(new HashingStream(request).chunks(), { objectMode: false });
    const put = await this.store.put(key, body, { contentType, maxBytes: size });
    if (put.size === size) return;
    await this.objects.deleteObjects(key);
    throw new UploadMismatch();
  }
}

function requirePromised({ headers }: Request, { contentType, size }: VerifiedUpload): void {
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > size) throw new ObjectTooLarge();
  if (length !== undefined && Number(length) !== size) throw new UploadMismatch();
  if (headers['content-type'] !== contentType) throw new UploadMismatch();
}
