import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from '../../common/actor.js';
import { newId } from '../../common/ids.js';
import { Settings } from '../../config/settings.js';
import { ObjectStore, type VerifiedUpload } from '../../storage/object-store.js';
import { ObjectMissing, ObjectTooLarge } from '../../storage/storage.errors.js';
import type { StartUploadDto } from '../dto/media.dto.js';
import type { Media } from '../media.entity.js';
import { MediaObjects } from '../media-objects.service.js';
import { MediaRepository, type StoredFile } from '../media.repository.js';
import { kindOf, mayBecome } from '../media-type.policy.js';
import { mediaViewOf, type MediaView, type UploadView } from '../media.view.js';
import { filenameFrom } from './filename.policy.js';
import { cutOffLater } from './form-reader.js';
import { HashingStream } from './hashing-stream.js';
import { UploadProcessor, type StoredUpload } from './upload-processor.service.js';
import { UploadSlots } from './upload-slots.js';
import { MediaTypeRefused, UploadBrokenOff, UploadExpired, UploadMismatch, UploadMissing, UploadNotFound } from './uploads.errors.js';

/** Files that clients send to a signed URL of the store, or, where the store is a folder, to a signed path of this API. */
@Injectable()
export class DirectUploads {
  private readonly completing = new Map<string, Promise<Media>>();

  constructor(
    private readonly store: ObjectStore,
    private readonly processor: UploadProcessor,
    private readonly mediaRepository: MediaRepository,
    private readonly objects: MediaObjects,
    private readonly slots: UploadSlots,
    private readonly settings: Settings,
  ) {}

  /** Reserves the space and returns the signed URL. @throws ObjectTooLarge, MediaTypeRefused, QuotaExceeded */
  async startDirectUpload(actor: Actor, { filename, contentType: declared, size, sha256 = '' }: StartUploadDto): Promise<UploadView> {
    const { maxBytes, types, uploadSeconds } = this.settings.media;
    const contentType = (declared.split(';', 1)[0] ?? '').trim().toLowerCase();
    if (size > maxBytes) throw new ObjectTooLarge();
    if (!mayBecome(contentType, types)) throw new MediaTypeRefused();
    const id = newId();
    const objectKey = this.objects.uploadKey(id);
    const expiresAt = new Date(Date.now() + uploadSeconds * 1_000);
    const digest = sha256 ? Buffer.from(sha256, 'hex') : null;
    const file = { contentType, size, sha256: digest, objectKey, expiresAt, kind: kindOf(contentType), filename: filenameFrom(filename) };
    await this.mediaRepository.insertMedia({ ...file, id, ownerId: actor.userId, status: 'pending' });
    const grant = { mediaId: id, contentType, size, sha256: digest?.toString('hex') ?? null };
    const { method, url, headers } = await this.store.signedUpload(objectKey, grant, uploadSeconds);
    return { mediaId: id, method, url, headers, expiresAt: expiresAt.toISOString() };
  }

  /**
   * Stores the bytes where the store is a folder.
   * @throws UploadNotFound (also for a forged or expired token), UploadMismatch, ObjectTooLarge, UploadBrokenOff, TooManyUploads
   */
  async putDirectUpload(mediaId: string, token: string, request: Request): Promise<void> {
    try {
      const grant = this.store.verifyUpload(mediaId, token);
      if (!grant) throw new UploadNotFound();
      if ((await this.mediaRepository.findMedia(mediaId))?.status !== 'pending') throw new UploadNotFound();
      requireAnnounced(request, grant);
      await this.slots.runInSlot(() => this.putBytes(grant, request));
    } catch (error) {
      cutOffLater(request);
      throw request.destroyed && !request.complete ? new UploadBrokenOff() : error;
    }
  }

  /**
   * Inspects the bytes and stores the file. Repeated or concurrent calls return the same file.
   * @throws UploadNotFound, UploadExpired, UploadMissing, UploadMismatch, QuotaExceeded, TooManyUploads, and as {@link UploadProcessor}
   */
  completeDirectUpload(actor: Actor, id: string): Promise<MediaView> {
    return this.slots.runInSlot(async () => {
      const media = await this.mediaRepository.findMedia(id);
      if (media?.ownerId !== actor.userId) throw new UploadNotFound();
      if (media.status === 'ready') return mediaViewOf(media);
      if (media.expiresAt && media.expiresAt <= new Date()) throw new UploadExpired();
      const completing = this.completing.get(id) ?? this.complete(media).finally(() => this.completing.delete(id));
      this.completing.set(id, completing);
      return mediaViewOf(await completing);
    });
  }

  private async putBytes({ key, contentType, size }: VerifiedUpload, request: Request): Promise<void> {
    const body = Readable.from(new HashingStream(request).chunks(), { objectMode: false });
    const put = await this.store.put(key, body, { contentType, maxBytes: size });
    if (put.size === size) return;
    await this.objects.deleteObjects(key);
    throw new UploadMismatch();
  }

  private async complete(media: Media): Promise<Media> {
    // A copy is inspected and stored: the client's URL is still valid and could replace the original.
    const copyKey = this.objects.newKey(media.id);
    let file: StoredFile | null = null;
    try {
      file = await this.processor.finalizeUpload(media.id, await this.inspectCopy(media, copyKey));
      const completed = await this.mediaRepository.completeMedia(media, file);
      if (completed) {
        await this.objects.deleteObjects(media.objectKey);
        return completed;
      }
    } catch (error) {
      await this.objects.deleteObjects(copyKey, file);
      throw error;
    }
    // Another process completed the upload first, or it was deleted.
    await this.objects.deleteObjects(copyKey, file);
    const other = await this.mediaRepository.findMedia(media.id);
    if (!other) throw new UploadNotFound();
    return other;
  }

  private async inspectCopy({ objectKey, size, sha256 }: Media, copyKey: string): Promise<StoredUpload> {
    const head = await this.store.head(objectKey);
    if (!head) throw new UploadMissing();
    if (head.size !== size) throw new UploadMismatch();
    await this.store.copy(objectKey, copyKey).catch((error: unknown) => {
      throw error instanceof ObjectMissing ? new UploadMissing() : error;
    });
    const stored = await this.processor.inspectObject(copyKey);
    if (stored.size !== size || (sha256 && !sha256.equals(stored.sha256))) throw new UploadMismatch();
    return stored;
  }
}

function requireAnnounced({ headers }: Request, { contentType, size }: VerifiedUpload): void {
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > size) throw new ObjectTooLarge();
  if (length !== undefined && Number(length) !== size) throw new UploadMismatch();
  if (headers['content-type'] !== contentType) throw new UploadMismatch();
}
