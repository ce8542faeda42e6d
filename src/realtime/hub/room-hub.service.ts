import { Injectable } from '@nestjs/common';
import { SocketServer } from '../adapter/socket-server.service.js';
import type { Connection } from './connection.js';
import { RoomChannel, type RoomSnapshot, type RoomSubscription } from './room-channel.js';
import { decodePacket, encodePacket, type EphemeralEvent, isEphemeral, type RoomPacket } from './room-packet.js';

type ChannelHandler = (channel: RoomChannel) => void;

/** The rooms with sockets in this process. */
@Injectable()
export class RoomHub {
  private readonly channels = new Map<string, RoomChannel>();
  private handlers: { fence: ChannelHandler; gap: ChannelHandler } = { fence: () => undefined, gap: () => undefined };

  constructor(private readonly server: SocketServer) {}

  /** Sets the handler of a channel whose fence rose, or of one with a missing packet. One of each. */
  onFenceOrGap(handlers: { fence?: ChannelHandler; gap?: ChannelHandler }): void {
    this.handlers = { ...this.handlers, ...handlers };
  }

  /** Starts a check of which sockets may stay in the room. */
  requestReview(channel: RoomChannel): void {
    this.handlers.fence(channel);
  }

  listChannels(): RoomChannel[] {
    return [...this.channels.values()];
  }

  findChannel(roomId: string): RoomChannel | undefined {
    return this.channels.get(roomId);
  }

  /** Subscribes the socket; packets are buffered for it until its position is set. */
  subscribe(connection: Connection, roomId: string, visibleFrom: number): RoomSubscription {
    return (this.channels.get(roomId) ?? this.addChannel(roomId)).subscribe(connection, visibleFrom);
  }

  /** Has no effect on a subscription that was ended or replaced. */
  unsubscribe(subscription: RoomSubscription): void {
    const { channel } = subscription;
    if (!subscription.isActive) return;
    channel.unsubscribe(subscription);
    if (channel.subscriptions.size > 0) return;
    this.channels.delete(channel.id);
    this.server.cluster?.unsubscribeHints(hintChannel(channel.id));
  }

  unsubscribeAll(connection: Connection): void {
    for (const roomId of [...connection.roomIds]) {
      const subscription = this.channels.get(roomId)?.subscriptions.get(connection);
      if (subscription) this.unsubscribe(subscription);
    }
  }

  open(snapshot: RoomSnapshot): void {
    const channel = this.channels.get(snapshot.roomId);
    if (!channel || channel.opened) return;
    channel.open(snapshot);
    this.deliverPending(channel);
  }

  /** Delivers to the sockets of this process, then publishes to the other processes. */
  publishPacket(packet: RoomPacket): void {
    this.deliverLocally(packet);
    this.server.cluster?.publishHint(hintChannel(packet.roomId), encodePacket(packet));
  }

  deliverLocally(packet: RoomPacket): void {
    const channel = this.channels.get(packet.roomId);
    if (channel) this.deliverPending(channel, packet);
  }

  /** Delivers the held packets, as far as possible. */
  deliverPending(channel: RoomChannel, packet?: RoomPacket): void {
    const result = channel.accept(packet);
    if (result !== 'fine') this.handlers[result](channel);
  }

  publishEphemeral(event: EphemeralEvent): void {
    this.deliverEphemeral(event);
    this.server.cluster?.publishHint(hintChannel(event.roomId), encodePacket(event));
  }

  private deliverEphemeral({ roomId, event, to, body }: EphemeralEvent): void {
    const recipients = new Set(to);
    for (const { connection } of this.channels.get(roomId)?.subscriptions.values() ?? []) {
      if (connection.ready && recipients.has(connection.userId)) connection.emitVolatile(event, body);
    }
  }

  private addChannel(roomId: string): RoomChannel {
    const channel = new RoomChannel(roomId);
    this.channels.set(roomId, channel);
    this.server.cluster?.subscribeHints(hintChannel(roomId), (text) => {
      const packet = decodePacket(text);
      if (packet && isEphemeral(packet)) this.deliverEphemeral(packet);
      else if (packet) this.deliverLocally(packet);
    });
    return channel;
  }
}

const hintChannel = (roomId: string): string => `room:${roomId}`;
