import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ObjectStore } from '../../storage/object-store.js';
import { Decoders } from '../decoders/decoders.service.js';
import { isImageType, type ImageType } from '../decoders/decoders.types.js';
import type { StoredFile } from '../media.repository.js';
import { MediaObjects } from '../media-objects.service.js';
import { detectType, kindOf } from '../media-type.policy.js';
import { HashingStream } from './hashing-stream.js';
import { MediaTypeRefused } from './uploads.errors.js';

/** An upload whose bytes are in the store as they were sent. */
export interface StoredUpload {
  readonly objectKey: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: Buffer;
}

/** Streams uploads to the store, detects their types, and re-encodes images. */
@Injectable()
export class UploadProcessor {
  constructor(
    private readonly store: ObjectStore,
    private readonly objects: MediaObjects,
    private readonly decoders: Decoders,
    private readonly settings: Settings,
  ) {}

  /** Streams a body into the store. Leaves nothing of a refused or interrupted one. @throws MediaTypeRefused, ObjectTooLarge */
  async storeUpload(mediaId: string, body: Readable): Promise<StoredUpload> {
    const bytes = new HashingStream(body);
    const contentType = await this.detect(bytes);
    return this.put(this.objects.newKey(mediaId), bytes, contentType, this.settings.media.maxBytes);
  }

  /** Detects type, size and checksum of an object that is in the store already. @throws MediaTypeRefused, ObjectMissing */
  async inspectObject(objectKey: string): Promise<StoredUpload> {
    const { stream } = await this.store.get(objectKey);
    try {
      const bytes = new HashingStream(stream);
      const contentType = await this.detect(bytes);
      for await (const _ of bytes.chunks());
      return { objectKey, contentType, size: bytes.size, sha256: bytes.digest() };
    } finally {
      stream.destroy();
    }
  }

  /** Returns the file to store. An image is re-encoded into another object, and the upload deleted. @throws ImageUnreadable, TooManyPixels */
  async finalizeUpload(mediaId: string, upload: StoredUpload): Promise<StoredFile> {
    const { contentType } = upload;
    if (isImageType(contentType)) return this.reencode(mediaId, upload, contentType);
    const plain = { ...upload, kind: kindOf(contentType), width: null, height: null, durationMs: null, thumbnailKey: null };
    if (plain.kind === 'file') return plain;
    const { stream: body } = await this.store.get(upload.objectKey);
    const { hasVideo, ...facts } = await this.decoders
      .readSound({ type: contentType, size: upload.size, body })
      .finally(() => body.destroy());
    const audioType = contentType.replace('video/', 'audio/');
    return hasVideo === false && this.settings.media.types.includes(audioType)
      ? { ...plain, ...facts, contentType: audioType, kind: kindOf(audioType) }
      : { ...plain, ...facts };
  }

  private async reencode(mediaId: string, { objectKey: from, size }: StoredUpload, type: ImageType): Promise<StoredFile> {
    const objectKey = this.objects.newKey(mediaId);
    const thumbnailKey = this.objects.newKey(mediaId);
    const { stream: body } = await this.store.get(from);
    try {
      return await this.decoders.reencodeImage({ type, size, body }, async ({ width, height, image, thumbnail }) => {
        const stored = await this.put(objectKey, new HashingStream(image), type);
        await this.store.put(thumbnailKey, thumbnail, { contentType: 'image/webp' });
        return { ...stored, kind: 'image', width, height, durationMs: null, thumbnailKey };
      });
    } catch (error) {
      await this.objects.deleteObjects({ objectKey, thumbnailKey });
      throw error;
    } finally {
      body.destroy();
      await this.objects.deleteObjects(from);
    }
  }

  private async detect(bytes: HashingStream): Promise<string> {
    const type = await detectType(await bytes.head(), this.settings.media.types);
    if (type === null) throw new MediaTypeRefused();
    return type;
  }

  private async put(objectKey: string, bytes: HashingStream, contentType: string, maxBytes?: number): Promise<StoredUpload> {
    const body = Readable.from(bytes.chunks(), { objectMode: false });
    const { size } = await this.store.put(objectKey, body, { contentType, ...(maxBytes !== undefined && { maxBytes }) });
    return { objectKey, contentType, size, sha256: bytes.digest() };
  }
}
