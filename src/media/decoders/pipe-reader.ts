/** Reads lines and counted bytes from one stream that contains both. Each must be read to its end before the next. */
export class PipeReader {
  private readonly source: AsyncIterator<Buffer>;
  private buffered: Buffer = Buffer.alloc(0);

  constructor(
    stream: AsyncIterable<Buffer>,
    private readonly maxLine = 10_000,
  ) {
    this.source = stream[Symbol.asyncIterator]();
  }

  /** Returns the next line without its line break; null when the stream ends before, or the line is too long. */
  async readLine(): Promise<string | null> {
    for (;;) {
      const end = this.buffered.indexOf(10);
      if (end >= 0) {
        const line = this.buffered.subarray(0, end).toString();
        this.buffered = this.buffered.subarray(end + 1);
        return line;
      }
      if (this.buffered.length > this.maxLine || !(await this.readMore())) return null;
    }
  }

  /** @throws Error when the stream ends before */
  async *readBytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.buffered.length === 0 && !(await this.readMore())) throw new Error('the stream ended early');
      const chunk = this.buffered.subarray(0, left);
      this.buffered = this.buffered.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  async readWhole(count: number): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.readBytes(count)), count);
  }

  private async readMore(): Promise<boolean> {
    const read = await this.source.next();
    if (read.done) return false;
    this.buffered = this.buffered.length === 0 ? read.value : Buffer.concat([this.buffered, read.value]);
    return true;
  }
}
