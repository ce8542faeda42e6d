import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import {
  type BroadcastOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
} from 'socket.io-adapter';
import type { RedisConnections } from '../../redis/redis-connections.js';
import { RedisUnavailable } from '../../redis/redis.errors.js';

const PREFIX = 'parley:';
/** Length of the id of the publishing process, which precedes every hint. */
const ID_LENGTH = 36;

/**
 * Socket.IO's cluster adapter over Redis. Two kinds of messages go through it:
 *
 * - Hints, on one channel for each room, each user and each watched user. A process subscribes to those of its own sockets only. The sender
 *   has delivered a packet to its own sockets before it publishes it, and never waits for Redis.
 * - What the library sends for `server.emit`, `fetchSockets`, `serverSideEmit` and the like: on one channel for all processes, answers on one
 *   channel of the process that asked.
 *
 * While Redis is away, both are dropped: rooms and users are repaired from the log, requests to other processes fail.
 */
export class RedisAdapter extends ClusterAdapterWithHeartbeat {
  private readonly processId = randomUUID();
  private readonly requestChannel: string;

  constructor(
    nsp: Namespace,
    private readonly redis: RedisConnections,
  ) {
    super(nsp, {});
    this.requestChannel = `${PREFIX}cluster:${nsp.name}`;
    redis.subscribe(this.requestChannel, (payload) => this.onMessage(decode(payload) as ClusterMessage));
    redis.subscribe(this.responseChannel(this.uid), (payload) => this.onResponse(decode(payload) as ClusterResponse));
  }

  publishHint(channel: string, text: string): void {
    this.redis.publish(PREFIX + channel, Buffer.from(this.processId + text));
  }

  /** Receives the hints of the other processes on this channel. */
  subscribeHints(channel: string, receive: (text: string) => void): void {
    this.redis.subscribe(PREFIX + channel, (payload) => {
      if (payload.toString('latin1', 0, ID_LENGTH) !== this.processId) receive(payload.toString('utf8', ID_LENGTH));
    });
  }

  unsubscribeHints(channel: string): void {
    this.redis.unsubscribe(PREFIX + channel);
  }

  /** Announces this process whenever Redis comes up; the others answer with a heartbeat. */
  override init(): void {
    this.redis.onUp(() => super.init());
  }

  /** @throws RedisUnavailable at once while Redis is away, rather than the sockets of this process alone */
  override fetchSockets(options: BroadcastOptions): Promise<unknown[]> {
    if (!options.flags?.local && this.redis.status !== 'up') return Promise.reject(new RedisUnavailable());
    return super.fetchSockets(options);
  }

  /** Passes RedisUnavailable to the callback at once while Redis is away. */
  override async serverSideEmit(packet: unknown[]): Promise<void> {
    const callback = packet.at(-1);
    if (typeof callback !== 'function' || this.redis.status === 'up') await super.serverSideEmit(packet);
    else (callback as (error: Error, answers: unknown[]) => void)(new RedisUnavailable(), []);
  }

  /** Resolves at once: the library delivers to the sockets of this process after it. */
  protected override doPublish(message: ClusterMessage): Promise<string> {
    this.redis.publish(this.requestChannel, encode(message));
    return Promise.resolve('');
  }

  protected override doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    this.redis.publish(this.responseChannel(requesterUid), encode(response));
    return Promise.resolve();
  }

  private responseChannel(uid: string): string {
    return `${this.requestChannel}#${uid}`;
  }
}

const encode = (message: ClusterMessage | ClusterResponse): Buffer =>
  Buffer.from(JSON.stringify(message.type === MessageType.FETCH_SOCKETS_RESPONSE ? withoutCredentials(message) : message));

/** Restores the binary data that JSON holds as lists of bytes. */
const decode = (payload: Buffer): unknown =>
  JSON.parse(payload.toString(), (_, value: unknown) => (isBinary(value) ? Buffer.from(value.data) : value));

const isBinary = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data);

interface FetchedSocket {
  handshake: { headers: Record<string, unknown> };
}

/** Access tokens and cookies stay in the process that received them. */
function withoutCredentials(response: Extract<ClusterResponse, { type: MessageType.FETCH_SOCKETS_RESPONSE }>): object {
  const sockets = (response.data.sockets as FetchedSocket[]).map(({ handshake, ...socket }) => {
    const { authorization: _, cookie: __, ...headers } = handshake.headers;
    return { ...socket, handshake: { ...handshake, headers, auth: {} } };
  });
  return { ...response, data: { ...response.data, sockets } };
}

/** The `adapter` option of a Socket.IO server, which calls it with `new`. */
export const redisAdapter = (redis: RedisConnections) =>
  function createAdapter(nsp: Namespace): RedisAdapter {
    return new RedisAdapter(nsp, redis);
  };
