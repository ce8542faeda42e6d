/**
 * Lends buffers from a fixed-size pool, first come, first served. An upload that waits for a buffer reads nothing from its client, so memory
 * does not grow with the number of uploads.
 */
export class PartBuffers {
  private readonly free: Buffer[] = [];
  private readonly waiting: ((buffer: Buffer) => void)[] = [];
  private allocated = 0;

  constructor(
    private readonly bytes: number,
    private readonly max: number,
  ) {}

  async withBuffer<T>(work: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.acquire();
    try {
      return await work(buffer);
    } finally {
      const next = this.waiting.shift();
      if (next) next(buffer);
      else this.free.push(buffer);
    }
  }

  private acquire(): Buffer | Promise<Buffer> {
    const free = this.free.pop();
    if (free) return free;
    if (this.allocated < this.max) {
      this.allocated++;
      return Buffer.allocUnsafeSlow(this.bytes);
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
