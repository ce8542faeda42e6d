import { Injectable } from '@nestjs/common';
import type { DefaultEventsMap, Server } from 'socket.io';
import type { ChatSocket, Connection, SocketData } from './connection.js';
import { frameOf, type FramedMessage } from './inbound/team-frame.js';
import { JsonText } from './json-text.js';
import type { LiveRoom, Seat, Speaker } from './fanout/live-room.js';
import type { ServerEventName } from './wire.js';
import { forLatecomers, type RoomPacket } from './fanout/room-packet.js';

export type ChatServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

/** Sockets that are too slow at the moment sit in this one, and are left out. */
export const LAGGING = 'lagging';

/**
 * The Socket.IO server of this process. A room of the chat is up to three of Socket.IO's: who sees all of it, who came later, and (beside
 * one of the two) who wants team frames. A packet is written once for each, never once a member.
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

  enter(seat: Seat): void {
    void seat.connection.socket.join(seat.connection.frames ? [roomOf(seat), framesOf(seat.room.id)] : [roomOf(seat)]);
  }

  leave(seat: Seat): void {
    void seat.connection.socket.leave(roomOf(seat));
    void seat.connection.socket.leave(framesOf(seat.room.id));
  }

  toAll(room: LiveRoom, packet: RoomPacket): void {
    const framed = packet.event === 'messages:created' && this.holds(framesOf(room.id));
    const except = framed ? [LAGGING, framesOf(room.id)] : [LAGGING];
    this.emit(fullOf(room.id), except, packet.event, () => packet.body);
    this.emit(lateOf(room.id), except, packet.event, () => forLatecomers(packet, room.latecomersSeeFrom));
    if (!framed) return;
    for (const frame of framesIn(packet, room)) this.emit(framesOf(room.id), [LAGGING], 'message', () => frame);
  }

  toOne({ connection, room, late, visibleFrom }: Seat, packet: RoomPacket): void {
    if (connection.socket.rooms.has(LAGGING)) return;
    if (connection.frames && packet.event === 'messages:created') {
      for (const frame of framesIn(packet, room)) connection.emit('message', frame);
    } else {
      connection.emit(packet.event, late ? forLatecomers(packet, visibleFrom) : packet.body);
    }
  }

  /** What may be lost: nothing is kept for who is slow. */
  inPassing(connection: Connection, event: ServerEventName, body: object): void {
    if (!connection.socket.rooms.has(LAGGING)) connection.emit(event, body);
  }

  everybody(event: ServerEventName, body: object): void {
    this.server?.local.emit(event, body);
  }

  private holds(room: string): boolean {
    return this.server?.sockets.adapter.rooms.has(room) ?? false;
  }

  private emit(room: string, except: string[], event: ServerEventName, body: () => JsonText): void {
    if (!this.server || !this.holds(room)) return;
    this.server.local
      .to(room)
      .except(except.filter((one) => this.holds(one)))
      .emit(event, body());
  }
}

const fullOf = (roomId: string): string => `room:${roomId}`;
const lateOf = (roomId: string): string => `since:${roomId}`;
const framesOf = (roomId: string): string => `frames:${roomId}`;
const roomOf = ({ late, room }: Seat): string => (late ? lateOf(room.id) : fullOf(room.id));

const framesIn = (packet: RoomPacket, room: LiveRoom): JsonText[] =>
  (packet.body.toJSON() as { messages: FramedMessage[] }).messages
    .flatMap((message) => frameOf(message, room.team))
    .map((frame) => JsonText.of(frame));
