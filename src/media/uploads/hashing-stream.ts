import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { HEAD_BYTES } from '../media-type.policy.js';
import { UploadBrokenOff } from './uploads.errors.js';

/** A client that sends nothing for this long is given up. */
const IDLE_MS = 30_000;

/** Counts and hashes a body while it is read. Its first bytes can be read in advance. */
export class HashingStream {
  size = 0;
  private readonly hash = createHash('sha256');
  private readonly source: AsyncIterator<Buffer>;
  private readonly readAhead: Buffer[] = [];

  constructor(body: Readable) {
    // A body that is not read to its end stays open, so that its sender can receive an answer.
    this.source = (body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>)[Symbol.asyncIterator]();
  }

  /** Reads the first {@link HEAD_BYTES} bytes, or all; `chunks` returns them again. */
  async head(): Promise<Buffer> {
    let length = 0;
    while (length < HEAD_BYTES) {
      const chunk = await this.next();
      if (!chunk) break;
      this.readAhead.push(chunk);
      length += chunk.length;
    }
    return Buffer.concat(this.readAhead).subarray(0, HEAD_BYTES);
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (let chunk = this.readAhead.shift() ?? (await this.next()); chunk; chunk = this.readAhead.shift() ?? (await this.next())) {
      this.size += chunk.length;
      this.hash.update(chunk);
      yield chunk;
    }
  }

  /** Returns the SHA-256. Call it once, after the last chunk. */
  digest(): Buffer {
    return this.hash.digest();
  }

  private async next(): Promise<Buffer | null> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const idle = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new UploadBrokenOff()), IDLE_MS).unref()));
      const read = await Promise.race([this.source.next(), idle]);
      return read.done ? null : read.value;
    } finally {
      clearTimeout(timer);
    }
  }
}
