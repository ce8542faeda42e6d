import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ErrorReply } from 'redis';
import { RedisSession, redisError } from './redis-session.js';
import { RedisUnavailable } from './redis.errors.js';

export type RedisStatus = 'off' | 'up' | 'down';

export type PacketHandler = (payload: Buffer, channel: string) => void;

export interface RedisOptions {
  /** null: there is no Redis, and this is the only process. */
  readonly url: string | null;
  /** The longest that a command may take. */
  readonly commandMs?: number;
  /** The longest that connecting and subscribing may take. */
  readonly connectMs?: number;
  /** How often Redis is asked whether it lives; after three missed answers it is away. */
  readonly beatMs?: number;
}

const SLOWEST_RETRY_MS = 2_000;

/**
 * The one place that talks to Redis. Nothing here waits for it: while it is away, publishing drops, commands reject at once, and
 * subscriptions are kept and made good when it is back.
 */
@Injectable()
export class RedisConnections implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('Redis');
  private readonly closing = new AbortController();
  private readonly channels = new Map<string, PacketHandler>();
  private readonly upHandlers: (() => void)[] = [];
  private readonly downHandlers: (() => void)[] = [];
  private session: RedisSession | null = null;
  private sharded = false;

  constructor(private readonly options: RedisOptions) {}

  /** 'off': no REDIS_URL. 'up': both connections answer and every subscription stands. */
  get status(): RedisStatus {
    if (this.options.url === null) return 'off';
    return this.session ? 'up' : 'down';
  }

  /** Redis 7 or later: channels are sharded. Known once it has been up. */
  get supportsSharded(): boolean {
    return this.sharded;
  }

  onModuleInit(): void {
    if (this.options.url !== null) void this.live(this.options.url);
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** For good. */
  close(): void {
    this.closing.abort();
    this.session?.close();
  }

  /** Runs the handler each time Redis comes up, and at once when it is. Whatever was published meanwhile is lost. */
  onUp(handler: () => void): void {
    this.upHandlers.push(handler);
    if (this.session) this.safely(handler);
  }

  onDown(handler: () => void): void {
    this.downHandlers.push(handler);
  }

  /** A hint to the other processes (and to this one, if it listens). False: Redis is away and the hint is dropped. Never throws. */
  publish(channel: string, payload: Buffer): boolean {
    this.session?.publish(channel, payload);
    return this.session !== null;
  }

  /** One handler a channel: a second takes the place of the first. Takes effect now, or when Redis comes up. */
  subscribe(channel: string, handler: PacketHandler): void {
    this.channels.set(channel, handler);
    this.session?.reconcile(channel);
  }

  unsubscribe(channel: string): void {
    this.channels.delete(channel);
    this.session?.reconcile(channel);
  }

  /** One command, answered within `commandMs`; afterwards it may still take effect. @throws RedisUnavailable, or what Redis says against it */
  async command<T = unknown>(...args: readonly (string | Buffer)[]): Promise<T> {
    const { session } = this;
    if (!session) throw new RedisUnavailable();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RedisUnavailable()), this.options.commandMs ?? 1_000);
    });
    try {
      return (await Promise.race([session.command(args), late])) as T;
    } catch (error) {
      throw isAnswer(error) ? error : new RedisUnavailable();
    } finally {
      clearTimeout(timer);
    }
  }

  /** One session after the other, until the end. */
  private async live(url: string): Promise<void> {
    const { connectMs = 3_000, beatMs = 1_000 } = this.options;
    let failures = 0;
    let told = '';
    while (!this.closing.signal.aborted) {
      const session = new RedisSession({ url, connectMs, beatMs }, this.channels, (channel, payload) => this.heard(channel, payload));
      const { wasUp, reason } = await this.attempt(session);
      if (this.closing.signal.aborted) return;
      if (wasUp || reason !== told) this.log.error(`Redis is away: ${reason}`);
      told = reason;
      failures = wasUp ? 0 : failures + 1;
      await pause(retryMs(failures), undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private async attempt(session: RedisSession): Promise<{ wasUp: boolean; reason: string }> {
    try {
      await session.open(this.closing.signal);
    } catch (error) {
      session.close();
      return { wasUp: false, reason: redisError(error) };
    }
    this.up(session);
    const reason = await session.ended;
    this.session = null;
    session.close();
    this.downHandlers.forEach((handler) => this.safely(handler));
    return { wasUp: true, reason };
  }

  private up(session: RedisSession): void {
    this.session = session;
    this.sharded = session.sharded;
    session.reconcile();
    const channels = session.sharded ? 'sharded channels' : 'classic channels, as it is older than 7';
    this.log.log(`Redis ${session.version} is there: ${channels}`);
    this.upHandlers.forEach((handler) => this.safely(handler));
  }

  private heard(channel: string, payload: Buffer): void {
    const handler = this.channels.get(channel);
    if (handler) this.safely(() => handler(payload, channel));
  }

  private safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.log.error(error instanceof Error ? error.stack : String(error));
    }
  }
}

/** Doubles from 50 ms to 2 s, and spreads: all processes lost it at the same time. */
const retryMs = (failures: number): number => Math.min(50 * 2 ** failures, SLOWEST_RETRY_MS) * (0.5 + Math.random() / 2);

/** An error that Redis answered: it is there. */
const isAnswer = (error: unknown): boolean => error instanceof ErrorReply;
