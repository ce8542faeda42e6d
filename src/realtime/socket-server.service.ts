import { Injectable } from '@nestjs/common';
import type { DefaultEventsMap, Server } from 'socket.io';
import type { ChatSocket, Connection, SocketData } from './connection.js';
import { toTeamFrames, type FramedMessage } from './inbound/team-frame.js';
import { JsonText } from './json-text.js';
import type { RoomChannel, RoomSubscription, Broadcaster } from './hub/room-channel.js';
import type { ServerEventName } from './wire.js';
import { EncodedPacket } from './hub/encoded-packet.js';
import { forLateJoiners, type RoomPacket } from './fanout/room-packet.js';

export type ChatServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/**
 * The Socket.IO server of this process. Who sits in a room is known to the room: a packet is written once for those who see all of it, once
 * for latecomers and once for those who want team frames, never once a member.
 */
@Injectable()
export class SocketServer implements Broadcaster {
  private server: ChatServer | null = null;

  attach(server: ChatServer): void {
    this.server = server;
  }

  get sockets(): ChatSocket[] {
    return [...(this.server?.sockets.sockets.values() ?? [])];
  }

  broadcast(channel: RoomChannel, packet: RoomPacket): void {
    const said = new PacketVariants(channel, packet);
    for (const subscription of channel.caughtUp) said.to(subscription, () => channel.latecomersSeeFrom);
  }

  sendTo(subscription: RoomSubscription, packet: RoomPacket): void {
    new PacketVariants(subscription.channel, packet).to(subscription, () => subscription.visibleFrom);
  }

  /** What may be lost: nothing is kept for who is slow. */
  emitVolatile(connection: Connection, event: ServerEventName, body: object): void {
    if (!connection.lagging) connection.emit(event, body);
  }

  broadcastToProcess(event: ServerEventName, body: object): void {
    this.server?.local.emit(event, body);
  }
}

/** A packet in the forms in which it is heard, each made for the first who hears it. */
class PacketVariants {
  private full: EncodedPacket | undefined;
  private late: EncodedPacket | undefined;
  private frames: EncodedPacket[] | undefined;

  constructor(
    private readonly channel: RoomChannel,
    private readonly packet: RoomPacket,
  ) {}

  /** @param lateFrom where that begins which a latecomer may see */
  to({ connection, isLate: late }: RoomSubscription, lateFrom: () => number): void {
    if (connection.lagging) return;
    const { event, body } = this.packet;
    if (connection.frames && event === 'messages:created') {
      this.frames ??= framesIn(this.packet, this.channel).map((frame) => new EncodedPacket('message', frame));
      for (const frame of this.frames) frame.to(connection);
    } else if (late) (this.late ??= new EncodedPacket(event, forLateJoiners(this.packet, lateFrom()))).to(connection);
    else (this.full ??= new EncodedPacket(event, body)).to(connection);
  }
}

const framesIn = (packet: RoomPacket, channel: RoomChannel): JsonText[] =>
  (packet.body.toJSON() as { messages: FramedMessage[] }).messages
    .flatMap((message) => toTeamFrames(message, channel.team))
    .map((frame) => JsonText.of(frame));
