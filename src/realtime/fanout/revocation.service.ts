import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SessionEnded, SESSIONS_CHANNEL } from '../../auth/auth.events.js';
import { Turns } from '../../common/turns.js';
import { ProcessRole } from '../../config/process-role.js';
import { DatabaseNotifications } from '../../database/notifications.js';
import { DomainEvents } from '../../events/domain-events.js';
import { ACCESS_CHANNEL, type AccessLost } from '../../room-access/room-log.service.js';
import type { LossReason } from '../../room-access/room.types.js';
import { JsonText } from '../json-text.js';
import { LivePeople } from './live-people.service.js';
import type { LiveRoom, Seat } from './live-room.js';
import { LiveRooms } from './live-rooms.service.js';
import { RevocationQueries } from './revocation.queries.js';

const RETRY_MS = 500;
/** Rooms that are looked at together: a part of the connections that sends need, too. */
const AT_ONCE = 4;

/**
 * Takes rooms and sessions away from the sockets of this process, at once and exactly: by what this process does itself, by what Postgres
 * tells every process at the commit, and by the fence that each packet carries. None of it needs Redis.
 */
@Injectable()
export class Revocation implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Revocation.name);
  private readonly ending = new AbortController();
  private readonly turns = new Turns(AT_ONCE);

  constructor(
    private readonly role: ProcessRole,
    private readonly notifications: DatabaseNotifications,
    private readonly events: DomainEvents,
    private readonly rooms: LiveRooms,
    private readonly people: LivePeople,
    private readonly queries: RevocationQueries,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.role.isServer) return;
    this.rooms.whenTroubled({ fence: (room) => void this.review(room) });
    this.events.on(SessionEnded, ({ sessionIds, reason }) => this.endSessions(sessionIds, reason));
    this.notifications.onReconnect(() => void this.reviewEverything());
    await this.notifications.listen(ACCESS_CHANNEL, (payload) => this.accessLost(JSON.parse(payload) as AccessLost));
    await this.notifications.listen(SESSIONS_CHANNEL, (payload) => {
      const { sessionIds, reason } = JSON.parse(payload) as SessionEnded;
      this.endSessions(sessionIds, reason);
    });
  }

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  /**
   * Somebody lost a room by what this process did: they hear nothing more of it, and that they do not. Everything else is as it was.
   * @param my of each who lost it, where it took one
   */
  lose(roomId: string, userIds: readonly string[] | null, reason: LossReason, my: ReadonlyMap<string, number>): void {
    for (const seat of this.seatsOf(roomId, userIds)) this.unseat(seat, reason, my.get(seat.connection.userId));
  }

  /** Looks who of a room's sockets may stay, before anything more is delivered. */
  async review(room: LiveRoom): Promise<void> {
    if (!room.review()) return;
    const { fence } = room;
    try {
      room.reviewed(await this.turns.run(() => this.look(room)));
    } catch {
      // The database is away: nothing is delivered before it has answered.
      setTimeout(() => {
        room.reviewed(fence);
        void this.review(room);
      }, RETRY_MS).unref();
      return;
    }
    this.rooms.settle(room);
  }

  /**
   * Takes the seats that are lost, or were and are others now; also of those who come meanwhile.
   * @returns the fence up to which all was looked at
   */
  private async look(room: LiveRoom): Promise<number> {
    const looked = new Set<Seat>();
    const lost = new Set<string>();
    let fence = Number.MAX_SAFE_INTEGER;
    do {
      const seats = [...room.seats.values()].filter((seat) => !looked.has(seat));
      const found = await this.queries.review(room.id, [...new Set(seats.map((seat) => seat.connection.userId))]);
      fence = Math.min(fence, found.fence);
      for (const seat of seats) {
        looked.add(seat);
        const { userId, seats: own } = seat.connection;
        const { visibleFrom, reason } = found.seats.get(userId) ?? {};
        if (!reason || visibleFrom === seat.visibleFrom || own.get(room.id) !== seat) continue;
        this.unseat(seat, reason);
        if (reason !== 'deleted') lost.add(userId);
      }
    } while ([...room.seats.values()].some((seat) => !looked.has(seat)));
    for (const userId of lost) void this.takeBack(userId, room.id);
    return fence;
  }

  /** Who has come in again by now is told so: the number that they were told of their loss may cover it, and nobody would look again. */
  private async takeBack(userId: string, roomId: string): Promise<void> {
    const my = await this.queries.my(userId).catch(() => null);
    if (my !== null) this.people.doHere(userId, { do: 'enter', roomId, my });
  }

  endSessions(sessionIds: readonly string[], reason: string): void {
    for (const sessionId of sessionIds) {
      for (const connection of this.people.ofSession(sessionId)) {
        connection.emit('session:ended', { reason });
        connection.socket.disconnect(true);
      }
    }
  }

  private accessLost({ roomId, fence }: AccessLost): void {
    const room = this.rooms.find(roomId);
    if (room && room.fence < fence) void this.review(room);
  }

  /** What was said while nobody listened is looked up: the sessions first, as nothing else tells of them. */
  private async reviewEverything(): Promise<void> {
    const ended = await this.untilAnswered(() => this.queries.ended(this.people.sessionIds()));
    for (const { sessionId, reason } of ended) this.endSessions([sessionId], reason);
    const risen = await this.untilAnswered(() => this.queries.risen(this.rooms.all()));
    for (const roomId of risen) {
      const room = this.rooms.find(roomId);
      if (room) void this.review(room);
    }
  }

  /** Empty where the process ends before the database answers. */
  private async untilAnswered<T>(ask: () => Promise<T[]>): Promise<T[]> {
    while (!this.ending.signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        this.log.warn(`What was lost could not be looked up: ${String(error)}`);
        await pause(RETRY_MS, undefined, { signal: this.ending.signal, ref: false }).catch(() => undefined);
      }
    }
    return [];
  }

  private seatsOf(roomId: string, userIds: readonly string[] | null): Seat[] {
    const seats = [...(this.rooms.find(roomId)?.seats.values() ?? [])];
    return userIds === null ? seats : seats.filter((seat) => userIds.includes(seat.connection.userId));
  }

  /** The seat is gone at once; that it is gone is said in the order of what else the person hears. */
  private unseat(seat: Seat, reason: LossReason, my?: number): void {
    const { connection, room } = seat;
    this.rooms.unseat(seat);
    const person = this.people.find(connection.userId);
    if (!person) return;
    void person.queue(async () => {
      const number = my ?? (await this.queries.my(connection.userId).catch(() => null));
      connection.tellWhenReady({
        event: 'room:gone',
        my: number,
        body: JsonText.of({ roomId: room.id, reason, ...(number !== null && { my: number }) }),
      });
      if (number === null) return;
      // One that was read may stand for more than this loss.
      person.passOver(my === undefined ? number : number - 1);
      person.knows(number);
    });
  }
}
