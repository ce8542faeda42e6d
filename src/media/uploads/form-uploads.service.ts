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
import { cutOffLater, type FormFile, readForm } from './form-reader.js';
import { UploadProcessor, type StoredUpload } from './upload-processor.service.js';
import { UploadSlots } from './upload-slots.js';
import { MultipartRequired } from './uploads.errors.js';

/** What a form may weigh beside its file. */
const FORM_BYTES = 64 * 1024;

/** Files that come through the application, in a form. */
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
   * Streams the file of a form to the store and keeps it. Nothing stays of one that is refused.
   * @throws MultipartRequired, TooManyUploads, QuotaExceeded, and as readForm and Intake
   */
  async uploadMedia(actor: Actor, request: Request, response: Response): Promise<MediaView> {
    const free = this.slots.take();
    try {
      await this.requireAcceptable(actor, request);
      const id = newId();
      const take = async ({ filename, body }: FormFile) => ({ filename, received: await this.processor.storeUpload(id, body) });
      const { filename, received } = await readForm(
        request,
        response,
        take,
        (taken) => void this.objects.deleteObjects(taken.received.objectKey),
      );
      return await this.keepUpload(actor, id, filenameFrom(filename), received);
    } catch (error) {
      cutOffLater(request);
      throw error;
    } finally {
      free();
    }
  }

  /** What can be said before a byte of the file has come. */
  private async requireAcceptable({ userId }: Actor, request: Request): Promise<void> {
    if (!request.is('multipart/form-data')) throw new MultipartRequired();
    const announced = Number(request.headers['content-length'] ?? 0) - FORM_BYTES;
    if (announced > this.settings.media.maxBytes) throw new ObjectTooLarge();
    await this.mediaRepository.requireQuota(userId, Math.max(announced, 1));
  }

  private async keepUpload({ userId }: Actor, id: string, filename: string, received: StoredUpload): Promise<MediaView> {
    let file: StoredFile | null = null;
    try {
      file = await this.processor.finalizeUpload(id, received);
      return mediaViewOf(await this.mediaRepository.insertMedia({ ...file, id, ownerId: userId, filename, status: 'ready' }));
    } catch (error) {
      await this.objects.deleteObjects(received.objectKey, file);
      throw error;
    }
  }
}
