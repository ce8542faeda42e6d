import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../../common/actor.js';
import { newId } from '../../common/ids.js';
import { Settings } from '../../config/settings.js';
import { ObjectTooLarge } from '../../storage/storage.errors.js';
import { MediaObjects } from '../media-objects.service.js';
import { MediaRepository, type StoredFile } from '../media.repository.js';
import { mediaViewOf, type MediaView } from '../media.view.js';
import { filenameFrom } from './filename.policy.js';
import { cutOffLater, readForm } from './form-reader.js';
import { UploadProcessor, type StoredUpload } from './upload-processor.service.js';
import { UploadSlots } from './upload-slots.js';
import { MultipartRequired } from './uploads.errors.js';

/** The most bytes of a form beside its file. */
const FORM_BYTES = 64 * 1024;

/** Files that clients send through the server, in a form. */
@Injectable()
export class FormUploads {
  constructor(
    private readonly slots: UploadSlots,
    private readonly processor: UploadProcessor,
    private readonly mediaRepository: MediaRepository,
    private readonly objects: MediaObjects,
    private readonly settings: Settings,
  ) {}

  /**
   * Streams the file of a form to the store. Leaves nothing of a refused one.
   * @throws MultipartRequired, TooManyUploads, QuotaExceeded, and as {@link readForm} and {@link UploadProcessor}
   */
  uploadMedia(actor: Actor, request: Request, response: Response): Promise<MediaView> {
    return this.slots.runInSlot(async () => {
      try {
        await this.requireAcceptable(actor, request);
        const id = newId();
        const { filename, upload } = await readForm(
          request,
          response,
          async (file) => ({ filename: file.filename, upload: await this.processor.storeUpload(id, file.body) }),
          (stored) => void this.objects.deleteObjects(stored.upload.objectKey),
        );
        return await this.insertFile(actor, id, filenameFrom(filename), upload);
      } catch (error) {
        cutOffLater(request);
        throw error;
      }
    });
  }

  /** Checks what is known before the first byte of the file. */
  private async requireAcceptable({ userId }: Actor, request: Request): Promise<void> {
    if (!request.is('multipart/form-data')) throw new MultipartRequired();
    const announced = Number(request.headers['content-length'] ?? 0) - FORM_BYTES;
    if (announced > this.settings.media.maxBytes) throw new ObjectTooLarge();
    await this.mediaRepository.requireQuota(userId, Math.max(announced, 1));
  }

  private async insertFile({ userId }: Actor, id: string, filename: string, upload: StoredUpload): Promise<MediaView> {
    let file: StoredFile | null = null;
    try {
      file = await this.processor.finalizeUpload(id, upload);
      return mediaViewOf(await this.mediaRepository.insertMedia({ ...file, id, ownerId: userId, filename, status: 'ready' }));
    } catch (error) {
      await this.objects.deleteObjects(upload.objectKey, file);
      throw error;
    }
  }
}
