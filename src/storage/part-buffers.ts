/**
 * A fixed number of equal buffers, lent one to each who asks, in the order asked. Who waits reads nothing from its client meanwhile, so
 * that memory does not grow with the number of uploads.
 */
export class PartBuffers {
  private readonly free: Buffer[] = [];
  private readonly waiting: ((buffer: Buffer) => void)[] = [];
  private made = 0;

  constructor(
    private readonly bytes: number,
    private readonly most: number,
  ) {}

  async lend<T>(work: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.take();
    try {
      return await work(buffer);
    } finally {
      const next = this.waiting.shift();
      if (next) next(buffer);
      else this.free.push(buffer);
    }
  }

  private take(): Buffer | Promise<Buffer> {
    const free = this.free.pop();
    if (free) return free;
    if (this.made < this.most) {
      this.made++;
      return Buffer.allocUnsafeSlow(this.bytes);
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
