import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { TooManyUploads } from './uploads.errors.js';

/** Limits how many uploads pass through this process at the same time. Further ones are refused, not queued. */
@Injectable()
export class UploadSlots {
  private used = 0;

  constructor(private readonly settings: Settings) {}

  /** @throws TooManyUploads */
  async runInSlot<T>(work: () => Promise<T>): Promise<T> {
    if (this.used >= this.settings.media.uploadsAtOnce) throw new TooManyUploads();
    this.used++;
    try {
      return await work();
    } finally {
      this.used--;
    }
  }
}
