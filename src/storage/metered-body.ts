import type { Readable } from 'node:stream';
import { ObjectTooLarge } from './storage.errors.js';

/** Counts the bytes of a body, limits them, and records its failure, which is not a failure of the store. */
export class MeteredBody {
  size = 0;
  failure?: Error;

  constructor(
    private readonly body: Readable,
    private readonly maxBytes = Infinity,
  ) {
    // A body may fail before it is read; `chunks` throws the error later.
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
