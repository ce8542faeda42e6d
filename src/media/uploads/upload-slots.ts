import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { TooManyUploads } from './uploads.errors.js';

/** How many uploads pass through this process at the same time. */
@Injectable()
export class UploadSlots {
  private taken = 0;

  constructor(private readonly settings: Settings) {}

  /** Gives what frees the place again, however often it is called. @throws TooManyUploads */
  take(): () => void {
    if (this.taken >= this.settings.media.uploadsAtOnce) throw new TooManyUploads();
    this.taken++;
    let free = (): void => {
      free = () => undefined;
      this.taken--;
    };
    return () => free();
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const free = this.take();
    try {
      return await work();
    } finally {
      free();
    }
  }
}
