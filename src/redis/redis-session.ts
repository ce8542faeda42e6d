import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createClient } from 'redis';

type Listener = (payload: Buffer, channel: Buffer) => void;

/** The methods in use; the type of `createClient` depends on every option. */
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
  readonly heartbeatMs: number;
}

/** Commands that wait for an answer; beyond it new ones are rejected. */
const MAX_COMMANDS = 10_000;
/** Bytes published and not yet answered; beyond it payloads are dropped. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
/** Channels of one SUBSCRIBE. */
const CHANNELS_PER_COMMAND = 500;
const MAX_MISSED = 3;

/**
 * A connection for commands and one for subscriptions. The first error of either ends the session, and the owner opens a new one: one path
 * for every way in which Redis can fail. A frozen server or a broken link shows when heartbeats, published to the session's own channel, do
 * not come back.
 */
export class RedisSession {
  /** Resolves with the reason when the session ends. */
  readonly ended: Promise<string>;
  sharded = false;
  version = '';
  private readonly pub: Client;
  private readonly sub: Client;
  private readonly heartbeatChannel = `parley:beat:${randomUUID()}`;
  private heartbeats?: NodeJS.Timeout;
  private readonly subscribed = new Set<string>();
  private readonly changed = new Set<string>();
  private reconciling?: Promise<void>;
  private missed = 0;
  private unsent = 0;
  private readonly end: (reason: string) => void;

  /** @param wanted the channels to subscribe to; call `reconcile` after a change */
  constructor(
    private readonly options: SessionOptions,
    private readonly wanted: ReadonlyMap<string, unknown>,
    private readonly onMessage: (channel: string, payload: Buffer) => void,
  ) {
    ({ promise: this.ended, resolve: this.end } = Promise.withResolvers<string>());
    this.pub = this.createClient();
    this.sub = this.createClient();
  }

  /** Connects and subscribes. Rejects after `connectMs`, or when `signal` aborts. */
  async open(signal: AbortSignal): Promise<void> {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(this.options.connectMs)]);
    await Promise.race([this.connect(), this.ended.then(throwError), once(timeout, 'abort').then(() => throwError('no answer'))]);
    this.heartbeats = setInterval(() => this.sendHeartbeat(), this.options.heartbeatMs);
    this.heartbeats.unref();
  }

  close(): void {
    clearInterval(this.heartbeats);
    for (const client of [this.pub, this.sub]) client.destroy();
    this.end('closed');
  }

  command(args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.pub.sendCommand(args);
  }

  publish(channel: string, payload: Buffer): void {
    if (this.unsent + payload.length > MAX_UNSENT_BYTES) return;
    this.unsent += payload.length;
    this.command([this.sharded ? 'SPUBLISH' : 'PUBLISH', channel, payload])
      .catch(() => undefined) // a full queue does not end the session
      .finally(() => (this.unsent -= payload.length));
  }

  /** Subscribes and unsubscribes `channels`, or all channels, as `wanted` requires. A failure ends the session. */
  reconcile(...channels: string[]): void {
    for (const channel of channels.length > 0 ? channels : this.allChannels()) this.changed.add(channel);
    this.reconcileChanged().catch((error: unknown) => this.fail(error));
  }

  private allChannels(): string[] {
    return [...this.wanted.keys(), ...this.subscribed];
  }

  /** Commands run one after the other: the client miscounts when a channel is unsubscribed and subscribed at the same time. */
  private reconcileChanged(): Promise<void> {
    this.reconciling ??= this.untilReconciled().finally(() => (this.reconciling = undefined));
    return this.reconciling;
  }

  private async untilReconciled(): Promise<void> {
    await Promise.resolve(); // changes of one tick become one command
    while (this.changed.size > 0) {
      const batch = [...this.changed].slice(0, CHANNELS_PER_COMMAND);
      batch.forEach((channel) => this.changed.delete(channel));
      const added = batch.filter((channel) => this.wanted.has(channel) && !this.subscribed.has(channel));
      const removed = batch.filter((channel) => !this.wanted.has(channel) && this.subscribed.has(channel));
      if (added.length > 0) await this.subscribe(added);
      if (removed.length > 0) await (this.sharded ? this.sub.sUnsubscribe(removed) : this.sub.unsubscribe(removed));
      added.forEach((channel) => this.subscribed.add(channel));
      removed.forEach((channel) => this.subscribed.delete(channel));
    }
  }

  private async subscribe(channels: string[]): Promise<void> {
    await (this.sharded ? this.sub.sSubscribe(channels, this.handleMessage, true) : this.sub.subscribe(channels, this.handleMessage, true));
  }

  private fail(error: unknown): void {
    this.end(redisError(error));
  }

  private async connect(): Promise<void> {
    await Promise.all([this.pub.connect(), this.sub.connect()]);
    const info = await this.command(['INFO', 'server']).catch(() => '');
    this.version = /^redis_version:(\S+)/m.exec(String(info))?.[1] ?? '';
    this.sharded = Number.parseInt(this.version) >= 7;
    await this.subscribe([this.heartbeatChannel]);
    this.allChannels().forEach((channel) => this.changed.add(channel));
    await this.reconcileChanged();
  }

  private sendHeartbeat(): void {
    if (this.missed === MAX_MISSED) this.end('no answer');
    this.missed++;
    this.publish(this.heartbeatChannel, Buffer.alloc(0));
  }

  private readonly handleMessage: Listener = (payload, channel) => {
    const name = channel.toString();
    if (name === this.heartbeatChannel) this.missed = 0;
    else this.onMessage(name, payload);
  };

  private createClient(): Client {
    const client: Client = createClient({
      url: this.options.url,
      RESP: 2,
      socket: { connectTimeout: this.options.connectMs, reconnectStrategy: false },
      commandsQueueMaxLength: MAX_COMMANDS,
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
    });
    client.on('error', (error) => this.fail(error));
    return client;
  }
}

const throwError = (reason: string): never => {
  throw new Error(reason);
};

export const redisError = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};
