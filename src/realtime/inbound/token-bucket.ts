import { TooManyEvents } from './realtime.errors.js';

/** Seconds of refused events after which a socket is not worth answering. */
const PATIENCE_S = 20;

/** How fast one socket may send: so many events a second on average, twice as many at once. */
export class TokenBucket {
  private tokens: number;
  private refused = 0;
  private at = performance.now();

  constructor(private readonly perSecond: number) {
    this.tokens = perSecond * 2;
  }

  /** It has been refused so often that it does not listen. */
  get exhausted(): boolean {
    return this.refused > this.perSecond * PATIENCE_S;
  }

  /** @throws TooManyEvents */
  take(): void {
    const now = performance.now();
    this.tokens = Math.min(this.perSecond * 2, this.tokens + ((now - this.at) / 1_000) * this.perSecond);
    this.at = now;
    if (this.tokens < 1) {
      this.refused++;
      throw new TooManyEvents(Math.max(1, Math.ceil((1 - this.tokens) / this.perSecond)));
    }
    this.tokens--;
    this.refused = 0;
  }
}
