import { Injectable } from '@nestjs/common';
import type { DefaultEventsMap, Server } from 'socket.io';
import type { ChatSocket, Connection, SocketData } from './connection.js';
import { frameOf, type FramedMessage } from './inbound/team-frame.js';
import { JsonText } from './json-text.js';
import type { LiveRoom, Seat, Speaker } from './fanout/live-room.js';
import type { ServerEventName } from './wire.js';
import { Frame } from './fanout/frame.js';
import { forLatecomers, type RoomPacket } from './fanout/room-packet.js';

export type ChatServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/**
 * The Socket.IO server of this process. Who sits in a room is known to the room: a packet is written once for those who see all of it, once
 * for latecomers and once for those who want team frames, never once a member.
 */
@Injectable()
export class SocketServer implements Speaker {
  private server: ChatServer | null = null;

  attach(server: ChatServer): void {
    this.server = server;
  }

  get sockets(): ChatSocket[] {
    return [...(this.server?.sockets.sockets.values() ?? [])];
  }

  toAll(room: LiveRoom, packet: RoomPacket): void {
    const said = new Said(room, packet);
    for (const seat of room.inStep) said.to(seat, () => room.latecomersSeeFrom);
  }

  toOne(seat: Seat, packet: RoomPacket): void {
    new Said(seat.room, packet).to(seat, () => seat.visibleFrom);
  }

  /** What may be lost: nothing is kept for who is slow. */
  inPassing(connection: Connection, event: ServerEventName, body: object): void {
    if (!connection.lagging) connection.emit(event, body);
  }

  everybody(event: ServerEventName, body: object): void {
    this.server?.local.emit(event, body);
  }
}

/** A packet in the forms in which it is heard, each made for the first who hears it. */
class Said {
  private full: Frame | undefined;
  private late: Frame | undefined;
  private frames: Frame[] | undefined;

  constructor(
    private readonly room: LiveRoom,
    private readonly packet: RoomPacket,
  ) {}

  /** @param lateFrom where that begins which a latecomer may see */
  to({ connection, late }: Seat, lateFrom: () => number): void {
    if (connection.lagging) return;
    const { event, body } = this.packet;
    if (connection.frames && event === 'messages:created') {
      this.frames ??= framesIn(this.packet, this.room).map((frame) => new Frame('message', frame));
      for (const frame of this.frames) frame.to(connection);
    } else if (late) (this.late ??= new Frame(event, forLatecomers(this.packet, lateFrom()))).to(connection);
    else (this.full ??= new Frame(event, body)).to(connection);
  }
}

const framesIn = (packet: RoomPacket, room: LiveRoom): JsonText[] =>
  (packet.body.toJSON() as { messages: FramedMessage[] }).messages
    .flatMap((message) => frameOf(message, room.team))
    .map((frame) => JsonText.of(frame));
