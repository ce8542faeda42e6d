interface Timeout {
  readonly ms: number;
  readonly error: () => Error;
}

/** Runs at most `limit` functions at a time; the others wait, first come, first served. */
export class Semaphore {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly limit: number) {}

  /** How many run or wait. */
  get size(): number {
    return this.running + this.waiting.size;
  }

  /** @param timeout bounds the wait: `error()` is thrown if `work` has not begun after `ms` */
  async run<T>(work: () => Promise<T>, timeout?: Timeout): Promise<T> {
    // A function that ends passes its slot on, so `running` does not change.
    if (this.running >= this.limit) await this.wait(timeout);
    else this.running++;
    try {
      return await work();
    } finally {
      const [next] = this.waiting;
      if (next) next();
      else this.running--;
    }
  }

  private wait(timeout?: Timeout): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        this.waiting.delete(begin);
        clearTimeout(timer);
        resolve();
      };
      const timer =
        timeout &&
        setTimeout(() => {
          this.waiting.delete(begin);
          reject(timeout.error());
        }, timeout.ms);
      this.waiting.add(begin);
    });
  }
}
