import { TooManyEvents } from './realtime.errors.js';

/** Seconds of refused events, at the permitted rate, after which a socket is disconnected. */
const MAX_REFUSED_S = 20;

/** Limits the events of one socket: `perSecond` on average, twice as many in a burst. */
export class TokenBucket {
  private tokens: number;
  private refused = 0;
  private at = performance.now();

  constructor(private readonly perSecond: number) {
    this.tokens = perSecond * 2;
  }

  /** Whether so many events were refused in a row that the socket should be disconnected. */
  get isExhausted(): boolean {
    return this.refused > this.perSecond * MAX_REFUSED_S;
  }

  /** @throws TooManyEvents */
  takeToken(): void {
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
