/** Runs works at most so many at a time, in the order in which they came. */
export class Semaphore {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** How many run or wait. */
  get size(): number {
    return this.running + this.line.length;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    // Whoever ends hands the turn over.
    if (this.running >= this.atOnce) await new Promise<void>((resolve) => this.line.push(resolve));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      if (next) next();
      else this.running--;
    }
  }
}
