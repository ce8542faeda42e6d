import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Actor } from '../../common/actor.js';
import { newId } from '../../common/ids.js';
import { Settings } from '../../config/settings.js';
import { ObjectTooLarge } from '../../storage/storage.errors.js';
import { MediaObjects } from '../media-objects.service.js';
import { MediaRows, type StoredFile } from '../media-rows.service.js';
import { mediaViewOf, type MediaView } from '../media.view.js';
import { filenameFrom } from './filename.policy.js';
import { cutOffLater, type FormFile, readForm } from './form-reader.js';
import { Intake, type Received } from './intake.service.js';
import { UploadSlots } from './upload-slots.js';
import { NotAForm } from './uploads.errors.js';

/** What a form may weigh beside its file. */
const FORM_BYTES = 64 * 1024;

/** Files that come through the application, in a form. */
@Injectable()
export class Uploads {
  constructor(
    private readonly slots: UploadSlots,
    private readonly intake: Intake,
    private readonly rows: MediaRows,
    private readonly objects: MediaObjects,
    private readonly settings: Settings,
  ) {}

  /**
   * Streams the file of a form to the store and keeps it. Nothing stays of one that is refused.
   * @throws NotAForm, TooManyUploads, QuotaExceeded, and as readForm and Intake
   */
  async upload(actor: Actor, request: Request, response: Response): Promise<MediaView> {
    const free = this.slots.take();
    try {
      await this.judgeEarly(actor, request);
      const id = newId();
      const take = async ({ filename, body }: FormFile) => ({ filename, received: await this.intake.receive(id, body) });
      const { filename, received } = await readForm(
        request,
        response,
        take,
        (taken) => void this.objects.discard(taken.received.objectKey),
      );
      return await this.keep(actor, id, filenameFrom(filename), received);
    } catch (error) {
      cutOffLater(request);
      throw error;
    } finally {
      free();
    }
  }

  /** What can be said before a byte of the file has come. */
  private async judgeEarly({ userId }: Actor, request: Request): Promise<void> {
    if (!request.is('multipart/form-data')) throw new NotAForm();
    const announced = Number(request.headers['content-length'] ?? 0) - FORM_BYTES;
    if (announced > this.settings.media.maxBytes) throw new ObjectTooLarge();
    await this.rows.demandSpace(userId, Math.max(announced, 1));
  }

  private async keep({ userId }: Actor, id: string, filename: string, received: Received): Promise<MediaView> {
    let file: StoredFile | null = null;
    try {
      file = await this.intake.finish(id, received);
      return mediaViewOf(await this.rows.add({ ...file, id, ownerId: userId, filename, status: 'ready' }));
    } catch (error) {
      await this.objects.discard(received.objectKey, file);
      throw error;
    }
  }
}
