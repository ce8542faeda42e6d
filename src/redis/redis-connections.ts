/** The part of a Redis client that others may use; every call rejects at once while Redis is away. */
export type RedisStatus = 'off' | 'up' | 'down';

export type PacketHandler = (payload: Buffer, channel: string) => void;

/**
 * The one place that talks to Redis. Nothing here waits for it: while it is away, publishing drops, commands reject at once, and
 * subscriptions are kept and made good when it is back.
 */
export abstract class RedisConnections {
  /** 'off': no REDIS_URL. 'up': both connections answer and every subscription stands. */
  abstract readonly status: RedisStatus;

  /** Redis 7 or later: channels are sharded. Known once it has been up. */
  abstract readonly supportsSharded: boolean;

  /** Runs the handler each time Redis comes up, and at once when it is. Whatever was published meanwhile is lost. */
  abstract onUp(handler: () => void): void;

  abstract onDown(handler: () => void): void;

  /** A hint to the other processes (and to this one, if it listens). False: Redis is away and the hint is dropped. Never throws. */
  abstract publish(channel: string, payload: Buffer): boolean;

  /** One handler a channel: a second takes the place of the first. Takes effect now, or when Redis comes up. */
  abstract subscribe(channel: string, handler: PacketHandler): void;

  abstract unsubscribe(channel: string): void;

  /** One command, answered within a second. @throws RedisUnavailable */
  abstract command<T = unknown>(...args: readonly (string | Buffer)[]): Promise<T>;
}
