import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ObjectStore } from '../../storage/object-store.js';
import { Decoders } from '../decoders/decoders.service.js';
import { isImageType, type ImageType } from '../decoders/decoders.types.js';
import type { StoredFile } from '../media.repository.js';
import { MediaObjects } from '../media-objects.service.js';
import { kindOf } from '../media-type.policy.js';
import { HashingStream } from './hashing-stream.js';
import { sniff } from './sniffing.policy.js';
import { MediaTypeRefused } from './uploads.errors.js';

/** Bytes as they came, in the store. */
export interface StoredUpload {
  readonly objectKey: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: Buffer;
}

/** Takes bytes in: streams them to the store, learns what they are, and rewrites images. */
@Injectable()
export class UploadProcessor {
  constructor(
    private readonly store: ObjectStore,
    private readonly objects: MediaObjects,
    private readonly decoders: Decoders,
    private readonly settings: Settings,
  ) {}

  /** Streams a body into the store. Nothing is left of one that is refused or cut off. @throws MediaTypeRefused, ObjectTooLarge */
  async storeUpload(mediaId: string, body: Readable): Promise<StoredUpload> {
    const examined = new HashingStream(body);
    const contentType = await this.typeOf(examined);
    return this.put(this.objects.newKey(mediaId), examined, contentType, this.settings.media.maxBytes);
  }

  /** The same of an object that stands in the store already. @throws MediaTypeRefused, ObjectMissing */
  async inspectObject(objectKey: string): Promise<StoredUpload> {
    const { stream } = await this.store.get(objectKey);
    try {
      const examined = new HashingStream(stream);
      const contentType = await this.typeOf(examined);
      for await (const _ of examined.chunks());
      return { objectKey, contentType, size: examined.size, sha256: examined.digest() };
    } finally {
      stream.destroy();
    }
  }

  /** What is kept of it. Of an image that is another object, and what came is thrown away. @throws ImageUnreadable, TooManyPixels */
  async finalizeUpload(mediaId: string, received: StoredUpload): Promise<StoredFile> {
    const { contentType } = received;
    if (isImageType(contentType)) return this.rewrite(mediaId, received, contentType);
    const plain = { ...received, kind: kindOf(contentType), width: null, height: null, durationMs: null, thumbnailKey: null };
    if (plain.kind === 'file') return plain;
    const { stream: body } = await this.store.get(received.objectKey);
    const { hasVideo, ...facts } = await this.decoders
      .sound({ type: contentType, size: received.size, body })
      .finally(() => body.destroy());
    const heard = contentType.replace('video/', 'audio/');
    return hasVideo === false && this.settings.media.types.includes(heard)
      ? { ...plain, ...facts, contentType: heard, kind: kindOf(heard) }
      : { ...plain, ...facts };
  }

  private async rewrite(mediaId: string, { objectKey: from, size }: StoredUpload, type: ImageType): Promise<StoredFile> {
    const objectKey = this.objects.newKey(mediaId);
    const thumbnailKey = this.objects.newKey(mediaId);
    const { stream: body } = await this.store.get(from);
    try {
      return await this.decoders.image({ type, size, body }, async ({ width, height, image, thumbnail }) => {
        const kept = await this.put(objectKey, new HashingStream(image), type);
        await this.store.put(thumbnailKey, thumbnail, { contentType: 'image/webp' });
        return { ...kept, kind: 'image', width, height, durationMs: null, thumbnailKey };
      });
    } catch (error) {
      await this.objects.deleteObjects({ objectKey, thumbnailKey });
      throw error;
    } finally {
      body.destroy();
      await this.objects.deleteObjects(from);
    }
  }

  private async typeOf(examined: HashingStream): Promise<string> {
    const type = await sniff(await examined.head(), this.settings.media.types);
    if (type === null) throw new MediaTypeRefused();
    return type;
  }

  private async put(objectKey: string, examined: HashingStream, contentType: string, maxBytes?: number): Promise<StoredUpload> {
    const body = Readable.from(examined.chunks(), { objectMode: false });
    const { size } = await this.store.put(objectKey, body, { contentType, ...(maxBytes !== undefined && { maxBytes }) });
    return { objectKey, contentType, size, sha256: examined.digest() };
  }
}
