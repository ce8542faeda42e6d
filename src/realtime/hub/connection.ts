import type { DefaultEventsMap, Socket } from 'socket.io';
import type { Actor } from '../../common/actor.js';
import type { JsonText } from '../adapter/json-text.js';
import type { ServerEventName } from '../wire/wire.js';
import type { ReadyView } from '../wire/wire.view.js';

/** `socket.data`, as JSON: the adapter sends it to other processes. */
export interface SocketData {
  actor: Actor;
  /** When the access token expires, in milliseconds. */
  expiresAt: number;
  /** Whether the client asked for team frames. */
  frames: boolean;
}

export type ChatSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/** An event for all sockets of one user; `my` is its number among the user's personal changes, if it has one. */
export interface UserPacket {
  readonly event: ServerEventName;
  readonly my: number | null;
  readonly body: JsonText;
}

/** Packets buffered for one socket before `ready`; beyond it the socket is disconnected, and reconnects. */
const MAX_BUFFERED = 2_000;

/** One socket of one user: its subscriptions, and the packets buffered until it was sent `ready`. */
export class Connection {
  private static readonly bySocket = new WeakMap<ChatSocket, Connection>();

  readonly actor: Actor;
  readonly frames: boolean;
  /** Rooms to which it is subscribed. */
  readonly roomIds = new Set<string>();
  /** The socket is too slow at the moment: packets of rooms are dropped for it. */
  lagging = false;
  private waiting: UserPacket[] | null = [];
  private buffered = 0;

  constructor(readonly socket: ChatSocket) {
    Connection.bySocket.set(socket, this);
    this.actor = socket.data.actor;
    this.frames = socket.data.frames;
  }

  static of(socket: ChatSocket): Connection {
    const connection = Connection.bySocket.get(socket);
    if (!connection) throw new Error('The socket has no connection');
    return connection;
  }

  get userId(): string {
    return this.actor.userId;
  }

  /** Whether `ready` was sent. */
  get ready(): boolean {
    return this.waiting === null;
  }

  emit(event: ServerEventName, body: object): void {
    this.socket.emit(event, body);
  }

  /** Emits an event that a slow socket may miss. */
  emitVolatile(event: ServerEventName, body: object): void {
    if (!this.lagging) this.emit(event, body);
  }

  /** Emits after `ready`, which then need not cover the packet. */
  emitWhenReady(packet: UserPacket): void {
    if (this.waiting === null) this.emit(packet.event, packet.body);
    else if (this.countBuffered()) this.waiting.push(packet);
  }

  /** Emits `ready`, then the buffered packets that its `my` does not cover. */
  sendReady(ready: ReadyView): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.emit('ready', ready);
    for (const packet of waiting) if (packet.my === null || packet.my > ready.my) this.emit(packet.event, packet.body);
  }

  /** Counts a buffered packet. Returns false if there are too many, and disconnects the socket. */
  countBuffered(): boolean {
    if (++this.buffered <= MAX_BUFFERED) return true;
    this.socket.disconnect(true);
    return false;
  }
}
