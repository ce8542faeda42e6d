import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ErrorReply } from 'redis';
import { runLogged } from '../common/thrown.js';
import { RedisSession, redisError } from './redis-session.js';
import { RedisUnavailable } from './redis.errors.js';

export type RedisStatus = 'off' | 'up' | 'down';

export type PacketHandler = (payload: Buffer, channel: string) => void;

export interface RedisOptions {
  /** null: no Redis, this is the only process. */
  readonly url: string | null;
  /** Maximum duration of a command. */
  readonly commandMs?: number;
  /** Maximum duration of connecting and subscribing. */
  readonly connectMs?: number;
  /** Interval of heartbeats; after three without an answer Redis is down. */
  readonly heartbeatMs?: number;
}

const MAX_RETRY_MS = 2_000;

/**
 * The only access to Redis. Nothing waits for it: while it is down, publishing drops, commands reject at once, and subscriptions are
 * kept for the next session.
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

  /** 'off': no REDIS_URL. 'up': both connections answer and all channels are subscribed. */
  get status(): RedisStatus {
    if (this.options.url === null) return 'off';
    return this.session ? 'up' : 'down';
  }

  /** Whether channels are sharded (Redis 7 or later). Known once Redis has been up. */
  get supportsSharded(): boolean {
    return this.sharded;
  }

  onModuleInit(): void {
    if (this.options.url !== null) void this.connectUntilClosed(this.options.url);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.command('PING').catch(() => undefined); // what was published before it has been sent
    this.close();
  }

  /** Closes the connections permanently. */
  close(): void {
    this.closing.abort();
    this.session?.close();
  }

  /** Runs the handler each time Redis comes up, and at once if it is up. What was published in between is lost. */
  onUp(handler: () => void): void {
    this.upHandlers.push(handler);
    if (this.session) runLogged(this.log, handler);
  }

  onDown(handler: () => void): void {
    this.downHandlers.push(handler);
  }

  /** Publishes to all processes that subscribe, this one included. Returns false if Redis is down and the payload is dropped. Never throws. */
  publish(channel: string, payload: Buffer): boolean {
    this.session?.publish(channel, payload);
    return this.session !== null;
  }

  /** Sets the one handler of a channel. Takes effect now, or when Redis comes up. */
  subscribe(channel: string, handler: PacketHandler): void {
    this.channels.set(channel, handler);
    this.session?.reconcile(channel);
  }

  unsubscribe(channel: string): void {
    this.channels.delete(channel);
    this.session?.reconcile(channel);
  }

  /** Runs a command. After `commandMs` it rejects, but may still take effect. @throws RedisUnavailable, or the error that Redis answers */
  async command<T = unknown>(...args: readonly (string | Buffer)[]): Promise<T> {
    const { session } = this;
    if (!session) throw new RedisUnavailable();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RedisUnavailable()), this.options.commandMs ?? 1_000);
    });
    try {
      return (await Promise.race([session.command(args), timeout])) as T;
    } catch (error) {
      throw isAnswer(error) ? error : new RedisUnavailable();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens one session after the other. */
  private async connectUntilClosed(url: string): Promise<void> {
    const { connectMs = 3_000, heartbeatMs = 1_000 } = this.options;
    let failures = 0;
    let logged = '';
    while (!this.closing.signal.aborted) {
      const session = new RedisSession({ url, connectMs, heartbeatMs }, this.channels, (channel, payload) =>
        this.deliver(channel, payload),
      );
      const { wasUp, reason } = await this.runSession(session);
      if (this.closing.signal.aborted) return;
      if (wasUp || reason !== logged) this.log.error(`Redis is down: ${reason}`);
      logged = reason;
      failures = wasUp ? 0 : failures + 1;
      await sleep(retryMs(failures), undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private async runSession(session: RedisSession): Promise<{ wasUp: boolean; reason: string }> {
    try {
      await session.open(this.closing.signal);
    } catch (error) {
      session.close();
      return { wasUp: false, reason: redisError(error) };
    }
    this.handleUp(session);
    const reason = await session.ended;
    this.session = null;
    session.close();
    this.downHandlers.forEach((handler) => runLogged(this.log, handler));
    return { wasUp: true, reason };
  }

  private handleUp(session: RedisSession): void {
    this.session = session;
    this.sharded = session.sharded;
    session.reconcile();
    const channels = session.sharded ? 'sharded channels' : 'classic channels (older than 7)';
    this.log.log(`Redis ${session.version} is up: ${channels}`);
    this.upHandlers.forEach((handler) => runLogged(this.log, handler));
  }

  private deliver(channel: string, payload: Buffer): void {
    const handler = this.channels.get(channel);
    if (handler) runLogged(this.log, () => handler(payload, channel));
  }
}

/** Doubles from 50 ms to 2 s, with jitter: all processes lost Redis at the same time. */
const retryMs = (failures: number): number => Math.min(50 * 2 ** failures, MAX_RETRY_MS) * (0.5 + Math.random() / 2);

/** Whether Redis answered with an error, so it is up. */
const isAnswer = (error: unknown): boolean => error instanceof ErrorReply;
