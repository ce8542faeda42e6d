import { Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';
import { RoomChannel, type RoomSnapshot, type RoomSubscription } from './room-channel.js';
import { SocketServer } from '../adapter/socket-server.service.js';
import { encodePacket, decodePacket, type EphemeralEvent, type RoomPacket } from './room-packet.js';

type Trouble = (channel: RoomChannel) => void;

/** The rooms in which this process has sockets. */
@Injectable()
export class RoomHub {
  private readonly rooms = new Map<string, RoomChannel>();
  private fenced: Trouble = () => undefined;
  private gapped: Trouble = () => undefined;

  constructor(private readonly server: SocketServer) {}

  /** Who looks at a room whose fence has risen, and who reads what is missing. One of each. */
  onFenceOrGap(handlers: { fence?: Trouble; gap?: Trouble }): void {
    this.fenced = handlers.fence ?? this.fenced;
    this.gapped = handlers.gap ?? this.gapped;
  }

  /** Has it checked which sockets may stay in the room. */
  requestReview(channel: RoomChannel): void {
    this.fenced(channel);
  }

  all(): RoomChannel[] {
    return [...this.rooms.values()];
  }

  find(roomId: string): RoomChannel | undefined {
    return this.rooms.get(roomId);
  }

  /** Gives the socket its seat; what is said from now on is kept for it until the seat is settled. */
  subscribe(connection: Connection, roomId: string, visibleFrom: number): RoomSubscription {
    return this.room(roomId).subscribe(connection, visibleFrom);
  }

  unsubscribe(subscription: RoomSubscription): void {
    const { channel } = subscription;
    channel.unsubscribe(subscription);
    if (channel.subscriptions.size > 0 || this.rooms.get(channel.id) !== channel) return;
    this.rooms.delete(channel.id);
    this.server.cluster?.unsubscribeHints(channelOf(channel.id));
  }

  open(start: RoomSnapshot): void {
    const room = this.rooms.get(start.roomId);
    if (!room || room.opened) return;
    room.open(start);
    this.deliverPending(room);
  }

  /** Delivers here, and tells the other processes. */
  publish(packet: RoomPacket): void {
    this.deliverLocally(packet);
    this.server.cluster?.publishHint(channelOf(packet.roomId), encodePacket(packet));
  }

  /** Delivers here. */
  deliverLocally(packet: RoomPacket): void {
    const room = this.rooms.get(packet.roomId);
    if (room) this.deliverPending(room, packet);
  }

  /** Delivers what has been kept, as far as it can be. */
  deliverPending(channel: RoomChannel, packet?: RoomPacket): void {
    const found = channel.accept(packet);
    if (found === 'fence') this.fenced(channel);
    if (found === 'gap') this.gapped(channel);
  }

  /** Says here and to the other processes what needs no order. */
  publishEphemeral(packet: EphemeralEvent): void {
    this.say(packet);
    this.server.cluster?.publishHint(channelOf(packet.roomId), encodePacket(packet));
  }

  private say({ roomId, event, to, body }: EphemeralEvent): void {
    const hearers = new Set(to);
    for (const { connection } of this.rooms.get(roomId)?.subscriptions.values() ?? []) {
      if (connection.ready && hearers.has(connection.userId)) connection.emitVolatile(event, body);
    }
  }

  private room(roomId: string): RoomChannel {
    const known = this.rooms.get(roomId);
    if (known) return known;
    const channel = new RoomChannel(roomId);
    this.rooms.set(roomId, channel);
    this.server.cluster?.subscribeHints(channelOf(roomId), (text) => {
      const said = decodePacket(text);
      if (said && 'room' in said) this.deliverLocally(said.room);
      else if (said) this.say(said.passing);
    });
    return channel;
  }
}

const channelOf = (roomId: string): string => `room:${roomId}`;
