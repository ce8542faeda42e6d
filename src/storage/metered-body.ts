import type { Readable } from 'node:stream';
import { ObjectTooLarge } from './storage.errors.js';

/** Counts what passes, holds it to a bound, and remembers why the body ended early: that is not the store's fault. */
export class MeteredBody {
  size = 0;
  failure?: Error;

  constructor(
    private readonly body: Readable,
    private readonly maxBytes = Infinity,
  ) {
    // A body may fail before it is read: `chunks` tells it then, and nobody is hurt until.
    body.on('error', () => undefined);
  }

  async *chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.body as AsyncIterable<Buffer>) {
        this.size += chunk.length;
        if (this.size > this.maxBytes) throw new ObjectTooLarge();
        yield chunk;
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}
