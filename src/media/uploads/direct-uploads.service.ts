import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { newId } from '../../common/ids.js';
import { Settings } from '../../config/settings.js';
import { ObjectStore } from '../../storage/object-store.js';
import { ObjectMissing, ObjectTooLarge } from '../../storage/storage.errors.js';
import type { Media } from '../media.entity.js';
import { MediaObjects } from '../media-objects.service.js';
import { MediaRepository, type StoredFile } from '../media.repository.js';
import { kindOf } from '../media-type.policy.js';
import { mediaViewOf, type MediaView } from '../media.view.js';
import type { StartUploadDto } from './dto/start-upload.dto.js';
import { filenameFrom } from './filename.policy.js';
import { UploadProcessor, type StoredUpload } from './upload-processor.service.js';
import { mayBecome } from './sniffing.policy.js';
import { MediaTypeRefused, UploadExpired, UploadMismatch, UploadMissing, UploadNotFound } from './uploads.errors.js';
import type { UploadView } from './uploads.view.js';

/** Files that clients put into the store by themselves. */
@Injectable()
export class DirectUploads {
  private readonly completing = new Map<string, Promise<Media>>();

  constructor(
    private readonly store: ObjectStore,
    private readonly processor: UploadProcessor,
    private readonly mediaRepository: MediaRepository,
    private readonly objects: MediaObjects,
    private readonly settings: Settings,
  ) {}

  /** Reserves the space and gives the place. @throws ObjectTooLarge, MediaTypeRefused, QuotaExceeded */
  async startDirectUpload(actor: Actor, { filename, contentType: sent, size, sha256 = '' }: StartUploadDto): Promise<UploadView> {
    const { maxBytes, types, uploadSeconds } = this.settings.media;
    const contentType = (sent.split(';', 1)[0] ?? '').trim().toLowerCase();
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
   * Looks at what was put there, and keeps it. The second time it answers as the first, also at once.
   * @throws UploadNotFound, UploadExpired, UploadMissing, UploadMismatch, QuotaExceeded, and as Intake
   */
  async completeDirectUpload(actor: Actor, id: string): Promise<MediaView> {
    const media = await this.mediaRepository.findMedia(id);
    if (media?.ownerId !== actor.userId) throw new UploadNotFound();
    if (media.status === 'ready') return mediaViewOf(media);
    if (media.expiresAt && media.expiresAt <= new Date()) throw new UploadExpired();
    const completing = this.completing.get(id) ?? this.take(media).finally(() => this.completing.delete(id));
    this.completing.set(id, completing);
    return mediaViewOf(await completing);
  }

  /** An upload that waits for its bytes. @throws UploadNotFound */
  async findPending(id: string): Promise<Media> {
    const media = await this.mediaRepository.findMedia(id);
    if (media?.status !== 'pending') throw new UploadNotFound();
    return media;
  }

  private async take(media: Media): Promise<Media> {
    // A copy is looked at and kept: the client's link still lives, and could change what lies under it.
    const copied = this.objects.newKey(media.id);
    let file: StoredFile | null = null;
    try {
      const received = await this.receive(media, copied);
      file = await this.processor.finalizeUpload(media.id, received);
      const finished = await this.mediaRepository.completeMedia(media, file);
      if (finished) {
        await this.objects.deleteObjects(media.objectKey);
        return finished;
      }
    } catch (error) {
      await this.objects.deleteObjects(copied, file);
      throw error;
    }
    // Another process was faster, or the upload was thrown away.
    await this.objects.deleteObjects(copied, file);
    const other = await this.mediaRepository.findMedia(media.id);
    if (!other) throw new UploadNotFound();
    return other;
  }

  private async receive({ objectKey, size, sha256 }: Media, copied: string): Promise<StoredUpload> {
    const head = await this.store.head(objectKey);
    if (!head) throw new UploadMissing();
    if (head.size !== size) throw new UploadMismatch();
    await this.store.copy(objectKey, copied).catch((error: unknown) => {
      throw error instanceof ObjectMissing ? new UploadMissing() : error;
    });
    const received = await this.processor.inspectObject(copied);
    if (received.size !== size || (sha256 && !sha256.equals(received.sha256))) throw new UploadMismatch();
    return received;
  }
}
