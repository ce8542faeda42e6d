import { Injectable } from '@nestjs/common';
import { SessionOver } from '../../auth/auth.errors.js';
import { Settings } from '../../config/settings.js';
import { RoomViews } from '../../rooms/room-views.service.js';
import { SyncService } from '../../sync/sync.service.js';
import { ArrivalQueries } from './arrival.queries.js';
import type { Connection } from '../connection.js';
import { JsonText } from '../json-text.js';
import { limitsOf } from '../limits.view.js';
import { LivePeople, type LivePerson } from '../fanout/live-people.service.js';
import type { Seat } from '../fanout/live-room.js';
import { LiveRooms } from '../fanout/live-rooms.service.js';

const NOTHING = { seq: 0, rev: 0 };

/**
 * How a socket comes to hear its rooms: first it sits everywhere, and what is said is kept for it; then is read how far the rooms are; then
 * it is told, and gets what is newer. So nothing falls between.
 */
@Injectable()
export class Arrival {
  constructor(
    private readonly queries: ArrivalQueries,
    private readonly synced: SyncService,
    private readonly views: RoomViews,
    private readonly rooms: LiveRooms,
    private readonly people: LivePeople,
    private readonly settings: Settings,
  ) {}

  /** From the handshake to `ready`. @throws SessionOver when the session has ended meanwhile */
  async greet(connection: Connection): Promise<void> {
    const { userId, sessionId } = connection.actor;
    const person = this.people.add(connection);
    const newcomer = await this.queries.newcomer(userId, sessionId);
    if (!newcomer) throw new SessionOver();
    const seats = await this.takeSeats(connection);
    const start = await this.synced.start(connection.actor);
    if (connection.socket.disconnected) return;
    person.greets(newcomer.my);
    connection.greet({ ...newcomer, ...start, protocol: this.settings.realtime.protocol, limits: limitsOf(this.settings) });
    const told = new Map(start.rooms.map((room) => [room.roomId, room]));
    for (const seat of seats) seat.settle(told.get(seat.room.id) ?? NOTHING);
  }

  /** A room has come to a person: their sockets sit there, and hear of it as they see it. Belongs into the person's queue. */
  async enter(person: LivePerson, roomId: string, my: number): Promise<void> {
    const [own] = await this.queries.seat(person.userId, roomId);
    if (!own) return;
    const seats = [...person.connections].map((connection) => this.rooms.seat(connection, roomId, own.visibleFrom));
    await this.open([roomId]);
    const room = (await this.views.many(person.userId, [roomId])).get(roomId);
    if (!room) return seats.forEach((seat) => this.giveUp(seat));
    person.say({ event: 'room:created', my, body: JsonText.of({ room, my }) });
    if (room.teamId)
      await this.tellThin(
        seats.filter(({ connection }) => connection.frames),
        room.lastSeq,
      );
    for (const seat of seats) seat.settle({ seq: room.lastSeq, rev: room.rev });
  }

  /**
   * A thin client loads no history, and for it a room of two inside a team begins with its first frame: what was said while the room came to
   * be, it is told now.
   */
  private async tellThin(seats: readonly Seat[], upTo: number): Promise<void> {
    const [first] = seats;
    if (!first) return;
    const { id: roomId, fence } = first.room;
    const messages = await this.queries.firstMessages(roomId, upTo);
    const body = JsonText.of({ roomId, messages });
    for (const seat of seats)
      seat.room.speaker.toOne(seat, { roomId, event: 'messages:created', order: 'seq', from: 0, to: upTo, fence, body });
  }

  leave(connection: Connection): void {
    for (const seat of [...connection.seats.values()]) this.rooms.unseat(seat);
    this.people.remove(connection);
  }

  private async takeSeats(connection: Connection): Promise<Seat[]> {
    const own = await this.queries.seats(connection.userId);
    if (connection.socket.disconnected) return [];
    const seats = own.map(({ roomId, visibleFrom }) => this.rooms.seat(connection, roomId, visibleFrom));
    await this.open(own.map(({ roomId }) => roomId));
    return this.keptSeats(connection, seats);
  }

  /** Those that are the person's still: whoever took one away before it was taken here, did not find it. */
  private async keptSeats(connection: Connection, seats: readonly Seat[]): Promise<Seat[]> {
    const own = new Map((await this.queries.seats(connection.userId)).map(({ roomId, visibleFrom }) => [roomId, visibleFrom]));
    return seats.flatMap((seat) => {
      const { id } = seat.room;
      if (connection.seats.get(id) !== seat) return [];
      const visibleFrom = own.get(id);
      if (visibleFrom === seat.visibleFrom) return [seat];
      if (visibleFrom !== undefined) return [this.rooms.seat(connection, id, visibleFrom)];
      this.rooms.unseat(seat);
      return [];
    });
  }

  /** Begins with the rooms that are new to this process. */
  private async open(roomIds: readonly string[]): Promise<void> {
    const unknown = roomIds.filter((roomId) => this.rooms.find(roomId)?.opened === false);
    if (unknown.length === 0) return;
    for (const start of await this.queries.starts(unknown)) this.rooms.open(start);
  }

  private giveUp(seat: Seat): void {
    if (seat.connection.seats.get(seat.room.id) === seat) this.rooms.unseat(seat);
  }
}
