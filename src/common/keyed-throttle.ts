const INTERVAL_MS = 1_000;

/** Sends the first value of each key at once, and then at most the latest value once a second. */
export class KeyedThrottle<T> {
  /** The value to send at the end of the interval; null: none since. */
  private readonly pending = new Map<string, { latest: T } | null>();

  constructor(private readonly send: (value: T) => void) {}

  offer(key: string, value: T): void {
    if (this.pending.has(key)) {
      this.pending.set(key, { latest: value });
      return;
    }
    this.startInterval(key);
    this.send(value);
  }

  private startInterval(key: string): void {
    this.pending.set(key, null);
    setTimeout(() => {
      const held = this.pending.get(key);
      this.pending.delete(key);
      if (held) this.offer(key, held.latest);
    }, INTERVAL_MS).unref();
  }
}
