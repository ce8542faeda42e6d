import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createClient } from 'redis';

type Listener = (payload: Buffer, channel: Buffer) => void;

/** What is used of a client; the type of `createClient` itself depends on every option. */
interface Client {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
  subscribe(channels: string[], listener: Listener, binary: true): Promise<void>;
  sSubscribe(channels: string[], listener: Listener, binary: true): Promise<void>;
  unsubscribe(channels: string[]): Promise<void>;
  sUnsubscribe(channels: string[]): Promise<void>;
}

export interface SessionOptions {
  readonly url: string;
  readonly connectMs: number;
  readonly beatMs: number;
}

/** Commands that wait for an answer; beyond it new ones are refused. */
const QUEUE = 10_000;
/** Published and not yet answered; beyond it hints are dropped. */
const UNSENT_BYTES = 64 * 1024 * 1024;
/** Channels of one SUBSCRIBE. */
const CHANNELS_AT_ONCE = 500;
const BEATS_MISSED = 3;

/**
 * Two connections, one to speak and one to listen, that live and die together: at the first fault of either the session is over, and a new
 * one is opened. So there is one path for every way in which Redis can go away, a frozen server and a cut cable included: what is published
 * to one's own channel must come back.
 */
export class RedisSession {
  /** Resolves with the reason when the session is over. */
  readonly ended: Promise<string>;
  sharded = false;
  version = '';
  private readonly pub: Client;
  private readonly sub: Client;
  private readonly beatChannel = `parley:beat:${randomUUID()}`;
  private beats?: NodeJS.Timeout;
  private readonly subscribed = new Set<string>();
  private readonly changed = new Set<string>();
  private settling?: Promise<void>;
  private missed = 0;
  private unsent = 0;
  private readonly end: (reason: string) => void;

  /** @param wanted the channels to listen to; `reconcile` is called after it changed */
  constructor(
    private readonly options: SessionOptions,
    private readonly wanted: ReadonlyMap<string, unknown>,
    private readonly heard: (channel: string, payload: Buffer) => void,
  ) {
    ({ promise: this.ended, resolve: this.end } = Promise.withResolvers<string>());
    this.pub = this.client();
    this.sub = this.client();
  }

  /** Connects and subscribes. Rejects when that takes longer than `connectMs`, or when `signal` says to stop. */
  async open(signal: AbortSignal): Promise<void> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(this.options.connectMs)]);
    await Promise.race([this.begin(), this.ended.then(fail), once(late, 'abort').then(() => fail('no answer'))]);
    this.beats = setInterval(() => this.beat(), this.options.beatMs);
    this.beats.unref();
  }

  close(): void {
    clearInterval(this.beats);
    for (const client of [this.pub, this.sub]) client.destroy();
    this.end('closed');
  }

  command(args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.pub.sendCommand(args);
  }

  publish(channel: string, payload: Buffer): void {
    if (this.unsent + payload.length > UNSENT_BYTES) return;
    this.unsent += payload.length;
    this.command([this.sharded ? 'SPUBLISH' : 'PUBLISH', channel, payload])
      .catch(() => undefined) // a full queue is no reason to end the session
      .finally(() => (this.unsent -= payload.length));
  }

  /** Looks again whether `channels` are wanted; without them, at all. A failure ends the session: a channel would stay unheard. */
  reconcile(...channels: string[]): void {
    for (const channel of channels.length > 0 ? channels : this.all()) this.changed.add(channel);
    this.settle().catch((error: unknown) => this.fail(error));
  }

  private all(): string[] {
    return [...this.wanted.keys(), ...this.subscribed];
  }

  /** One after the other: the client loses count when a channel is left and joined at the same time. */
  private settle(): Promise<void> {
    this.settling ??= this.untilEven().finally(() => (this.settling = undefined));
    return this.settling;
  }

  private async untilEven(): Promise<void> {
    await Promise.resolve(); // all that is asked for in one go becomes one command
    while (this.changed.size > 0) {
      const some = [...this.changed].slice(0, CHANNELS_AT_ONCE);
      some.forEach((channel) => this.changed.delete(channel));
      const more = some.filter((channel) => this.wanted.has(channel) && !this.subscribed.has(channel));
      const less = some.filter((channel) => !this.wanted.has(channel) && this.subscribed.has(channel));
      if (more.length > 0) await this.subscribe(more);
      if (less.length > 0) await (this.sharded ? this.sub.sUnsubscribe(less) : this.sub.unsubscribe(less));
      more.forEach((channel) => this.subscribed.add(channel));
      less.forEach((channel) => this.subscribed.delete(channel));
    }
  }

  private async subscribe(channels: string[]): Promise<void> {
    await (this.sharded ? this.sub.sSubscribe(channels, this.listen, true) : this.sub.subscribe(channels, this.listen, true));
  }

  private fail(error: unknown): void {
    this.end(redisError(error));
  }

  private async begin(): Promise<void> {
    await Promise.all([this.pub.connect(), this.sub.connect()]);
    const info = await this.command(['INFO', 'server']).catch(() => '');
    this.version = /^redis_version:(\S+)/m.exec(String(info))?.[1] ?? '';
    this.sharded = Number.parseInt(this.version) >= 7;
    await this.subscribe([this.beatChannel]);
    this.all().forEach((channel) => this.changed.add(channel));
    await this.settle();
  }

  private beat(): void {
    if (this.missed === BEATS_MISSED) this.end('no answer');
    this.missed++;
    this.publish(this.beatChannel, Buffer.alloc(0));
  }

  private readonly listen: Listener = (payload, channel) => {
    const name = channel.toString();
    if (name === this.beatChannel) this.missed = 0;
    else this.heard(name, payload);
  };

  private client(): Client {
    const client: Client = createClient({
      url: this.options.url,
      RESP: 2,
      socket: { connectTimeout: this.options.connectMs, reconnectStrategy: false },
      commandsQueueMaxLength: QUEUE,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
    });
    client.on('error', (error) => this.fail(error));
    return client;
  }
}

const fail = (reason: string): never => {
  throw new Error(reason);
};

export const redisError = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};
