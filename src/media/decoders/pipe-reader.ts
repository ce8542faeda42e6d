/**
 * Lines and counted bytes out of one stream of both, as they pass between this process and a decoder. Ask for the next thing only when the
 * one before has been read to its end.
 */
export class PipeReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);
  private left = 0;

  constructor(
    stream: AsyncIterable<Buffer>,
    private readonly longestLine = 10_000,
  ) {
    this.source = stream[Symbol.asyncIterator]();
  }

  /** Without its line break; null when the stream has ended. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.rest.indexOf(10);
      if (end >= 0) {
        const line = this.rest.subarray(0, end).toString();
        this.rest = this.rest.subarray(end + 1);
        return line;
      }
      if (this.rest.length > this.longestLine || !(await this.more())) return null;
    }
  }

  /** Throws when the stream ends before. */
  async *bytes(count: number): AsyncGenerator<Buffer> {
    this.left = count;
    while (this.left > 0) {
      if (this.rest.length === 0 && !(await this.more())) throw new Error('the stream ended early');
      const chunk = this.rest.subarray(0, this.left);
      this.rest = this.rest.subarray(chunk.length);
      this.left -= chunk.length;
      yield chunk;
    }
  }

  async whole(count: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.bytes(count)) chunks.push(chunk);
    return Buffer.concat(chunks, count);
  }

  private async more(): Promise<boolean> {
    const read = await this.source.next();
    if (read.done) return false;
    this.rest = this.rest.length === 0 ? read.value : Buffer.concat([this.rest, read.value]);
    return true;
  }
}
