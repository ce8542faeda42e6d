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
  /** It asked for team frames. */
  frames: boolean;
}

export type ChatSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/** What one person hears, whatever room they look at; `my` is its number, if it takes one. */
export interface UserPacket {
  readonly event: ServerEventName;
  readonly my: number | null;
  readonly body: JsonText;
}

/** What one arriving socket may be owed at most; beyond it, it is cut and comes again. */
const MOST_WAITING = 2_000;

/** One socket of one person: where it sits, and what it is owed until it has been greeted with `ready`. */
export class Connection {
  readonly actor: Actor;
  readonly frames: boolean;
  /** The rooms that it is subscribed to. */
  readonly roomIds = new Set<string>();
  /** Too slow at the moment: what its rooms say is not kept for it. */
  lagging = false;
  private waiting: UserPacket[] | null = [];
  private buffered = 0;

  /** Beside `socket.data`, which the adapter sends to other processes. */
  private static readonly bySocket = new WeakMap<ChatSocket, Connection>();

  static of(socket: ChatSocket): Connection {
    const connection = Connection.bySocket.get(socket);
    if (!connection) throw new Error('The socket has no connection');
    return connection;
  }

  constructor(readonly socket: ChatSocket) {
    Connection.bySocket.set(socket, this);
    this.actor = socket.data.actor;
    this.frames = socket.data.frames;
  }

  get userId(): string {
    return this.actor.userId;
  }

  /** It has had its `ready`. */
  get ready(): boolean {
    return this.waiting === null;
  }

  emit(event: ServerEventName, body: object): void {
    this.socket.emit(event, body);
  }

  /** Emits what may be lost: nothing of it is kept for a slow socket. */
  emitVolatile(event: ServerEventName, body: object): void {
    if (!this.lagging) this.emit(event, body);
  }

  /** Says it when it is ready: after `ready`, whose numbers then need not cover it. */
  emitWhenReady(packet: UserPacket): void {
    if (this.waiting === null) this.emit(packet.event, packet.body);
    else if (this.countBuffered()) this.waiting.push(packet);
  }

  /** Greets it; what `ready` covers by its `my` is not said again. */
  sendReady(ready: ReadyView): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.emit('ready', ready);
    for (const packet of waiting) if (packet.my === null || packet.my > ready.my) this.emit(packet.event, packet.body);
  }

  /** Counts what is kept for it; false when that has become too much, and it was cut. */
  countBuffered(): boolean {
    if (++this.buffered <= MOST_WAITING) return true;
    this.socket.disconnect(true);
    return false;
  }
}
