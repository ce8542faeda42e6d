import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { HEAD_BYTES } from './sniffing.policy.js';
import { UploadBrokenOff } from './uploads.errors.js';

/** A client that sends nothing for so long has gone. */
const SILENCE_MS = 30_000;

/** A body on its way: its beginning can be looked at before the rest is read; what passes is counted and hashed. */
export class HashingStream {
  size = 0;
  private readonly hash = createHash('sha256');
  private readonly source: AsyncIterator<Buffer>;
  private early: Buffer[] = [];

  constructor(body: Readable) {
    // Whoever sends is let finish: a body is not cut off because nobody wants the rest.
    this.source = (body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>)[Symbol.asyncIterator]();
  }

  /** The first bytes: {@link HEAD_BYTES} of them, or all. They pass as well, later. */
  async head(): Promise<Buffer> {
    let length = 0;
    while (length < HEAD_BYTES) {
      const chunk = await this.next();
      if (!chunk) break;
      this.early.push(chunk);
      length += chunk.length;
    }
    return Buffer.concat(this.early).subarray(0, HEAD_BYTES);
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (let chunk = this.early.shift() ?? (await this.next()); chunk; chunk = this.early.shift() ?? (await this.next())) {
      this.size += chunk.length;
      this.hash.update(chunk);
      yield chunk;
    }
  }

  /** Once, when all has passed. */
  digest(): Buffer {
    return this.hash.digest();
  }

  private async next(): Promise<Buffer | null> {
    let silence: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => (silence = setTimeout(() => reject(new UploadBrokenOff()), SILENCE_MS).unref()));
      const read = await Promise.race([this.source.next(), late]);
      return read.done ? null : read.value;
    } finally {
      clearTimeout(silence);
    }
  }
}
