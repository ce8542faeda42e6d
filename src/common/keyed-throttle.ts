const EVERY_MS = 1_000;

/** Says the first word of each key at once, and of what follows the latest, once a second. */
export class KeyedThrottle<T> {
  /** What is to be said when the second is over; null: nothing new. */
  private readonly pending = new Map<string, { latest: T } | null>();

  constructor(private readonly say: (value: T) => void) {}

  offer(key: string, value: T): void {
    if (this.pending.has(key)) {
      this.pending.set(key, { latest: value });
      return;
    }
    this.rest(key);
    this.say(value);
  }

  private rest(key: string): void {
    this.pending.set(key, null);
    setTimeout(() => {
      const held = this.pending.get(key);
      this.pending.delete(key);
      if (held) this.offer(key, held.latest);
    }, EVERY_MS).unref();
  }
}
