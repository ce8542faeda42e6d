import { Injectable } from '@nestjs/common';
import type { Connection } from '../connection.js';
import { LiveRoom, type RoomStart, type Seat } from './live-room.js';
import { NodeBus } from '../node-bus.service.js';
import { packetText, readPacket, type PassingPacket, type RoomPacket } from './room-packet.js';
import { SocketServer } from '../socket-server.service.js';

type Trouble = (room: LiveRoom) => void;

/** The rooms in which this process has sockets. */
@Injectable()
export class LiveRooms {
  private readonly rooms = new Map<string, LiveRoom>();
  private fenced: Trouble = () => undefined;
  private gapped: Trouble = () => undefined;

  constructor(
    private readonly bus: NodeBus,
    private readonly speaker: SocketServer,
  ) {}

  /** Who looks at a room whose fence has risen, and who reads what is missing. One of each. */
  whenTroubled(handlers: { fence?: Trouble; gap?: Trouble }): void {
    this.fenced = handlers.fence ?? this.fenced;
    this.gapped = handlers.gap ?? this.gapped;
  }

  all(): LiveRoom[] {
    return [...this.rooms.values()];
  }

  find(roomId: string): LiveRoom | undefined {
    return this.rooms.get(roomId);
  }

  /** Gives the socket its seat; what is said from now on is kept for it until the seat is settled. */
  seat(connection: Connection, roomId: string, visibleFrom: number): Seat {
    return this.room(roomId).seat(connection, visibleFrom);
  }

  unseat(seat: Seat): void {
    const { room } = seat;
    room.unseat(seat);
    if (room.seats.size > 0 || this.rooms.get(room.id) !== room) return;
    this.rooms.delete(room.id);
    this.bus.unfollow(channelOf(room.id));
  }

  open(start: RoomStart): void {
    const room = this.rooms.get(start.roomId);
    if (!room || room.opened) return;
    room.open(start);
    this.settle(room);
  }

  /** Delivers here, and tells the other processes. */
  publish(packet: RoomPacket): void {
    this.accept(packet);
    this.bus.say(channelOf(packet.roomId), packetText(packet));
  }

  /** Delivers here. */
  accept(packet: RoomPacket): void {
    const room = this.rooms.get(packet.roomId);
    if (room) this.settle(room, packet);
  }

  /** Delivers what has been kept, as far as it can be. */
  settle(room: LiveRoom, packet?: RoomPacket): void {
    const found = room.accept(packet);
    if (found === 'fence') this.fenced(room);
    if (found === 'gap') this.gapped(room);
  }

  /** Says here and to the other processes what needs no order. */
  pass(packet: PassingPacket): void {
    this.say(packet);
    this.bus.say(channelOf(packet.roomId), packetText(packet));
  }

  private say({ roomId, event, to, body }: PassingPacket): void {
    const hearers = new Set(to);
    for (const { connection } of this.rooms.get(roomId)?.seats.values() ?? []) {
      if (connection.ready && hearers.has(connection.userId)) this.speaker.inPassing(connection, event, body);
    }
  }

  private room(roomId: string): LiveRoom {
    const known = this.rooms.get(roomId);
    if (known) return known;
    const room = new LiveRoom(roomId, this.speaker);
    this.rooms.set(roomId, room);
    this.bus.follow(channelOf(roomId), (text) => {
      const said = readPacket(text);
      if (said && 'room' in said) this.accept(said.room);
      else if (said) this.say(said.passing);
    });
    return room;
  }
}

const channelOf = (roomId: string): string => `room:${roomId}`;
