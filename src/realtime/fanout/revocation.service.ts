import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type SessionEnded, SESSIONS_CHANNEL } from '../../auth/auth.events.js';
import { Semaphore } from '../../common/semaphore.js';
import { ProcessRole } from '../../config/process-role.js';
import { DatabaseNotifications } from '../../database/notifications.js';
import { ACCESS_CHANNEL, type AccessLost } from '../../room-access/room-log.service.js';
import type { LossReason } from '../../room-access/room.types.js';
import { UserHeads } from '../../users/user-heads.service.js';
import { JsonText } from '../adapter/json-text.js';
import { UserHub } from '../hub/user-hub.service.js';
import type { RoomChannel, RoomSubscription } from '../hub/room-channel.js';
import { RoomHub } from '../hub/room-hub.service.js';
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
  private readonly turns = new Semaphore(AT_ONCE);

  constructor(
    private readonly role: ProcessRole,
    private readonly notifications: DatabaseNotifications,
    private readonly hub: RoomHub,
    private readonly userHub: UserHub,
    private readonly userHeads: UserHeads,
    private readonly queries: RevocationQueries,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.role.isServer) return;
    this.hub.onFenceOrGap({ fence: (channel) => void this.review(channel) });
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
  revokeLocally(roomId: string, userIds: readonly string[] | null, reason: LossReason, my: ReadonlyMap<string, number>): void {
    for (const subscription of this.seatsOf(roomId, userIds)) this.unseat(subscription, reason, my.get(subscription.connection.userId));
  }

  /** Looks who of a room's sockets may stay, before anything more is delivered. */
  async review(channel: RoomChannel): Promise<void> {
    if (!channel.pauseForReview()) return;
    const { fence } = channel;
    try {
      channel.resumeAfterReview(await this.turns.run(() => this.look(channel)));
    } catch {
      // The database is away: nothing is delivered before it has answered.
      setTimeout(() => {
        channel.resumeAfterReview(fence);
        void this.review(channel);
      }, RETRY_MS).unref();
      return;
    }
    this.hub.deliverPending(channel);
  }

  /**
   * Takes the seats that are lost, or were and are others now; also of those who come meanwhile.
   * @returns the fence up to which all was looked at
   */
  private async look(channel: RoomChannel): Promise<number> {
    const looked = new Set<RoomSubscription>();
    const lost = new Set<string>();
    let fence = Number.MAX_SAFE_INTEGER;
    do {
      const subscriptions = [...channel.subscriptions.values()].filter((subscription) => !looked.has(subscription));
      const found = await this.queries.review(channel.id, [
        ...new Set(subscriptions.map((subscription) => subscription.connection.userId)),
      ]);
      fence = Math.min(fence, found.fence);
      for (const subscription of subscriptions) {
        looked.add(subscription);
        const { userId } = subscription.connection;
        const { visibleFrom, reason } = found.members.get(userId) ?? {};
        if (!reason || visibleFrom === subscription.visibleFrom || !subscription.isActive) continue;
        this.unseat(subscription, reason);
        if (reason !== 'deleted') lost.add(userId);
      }
    } while ([...channel.subscriptions.values()].some((subscription) => !looked.has(subscription)));
    for (const userId of lost) void this.takeBack(userId, channel.id);
    return fence;
  }

  /** Who has come in again by now is told so: the number that they were told of their loss may cover it, and nobody would look again. */
  private async takeBack(userId: string, roomId: string): Promise<void> {
    const my = await this.userHeads.current(userId).catch(() => null);
    if (my !== null) this.userHub.applyHint(userId, { do: 'enter', roomId, my });
  }

  endSessions(sessionIds: readonly string[], reason: string): void {
    for (const sessionId of sessionIds) {
      for (const connection of this.userHub.ofSession(sessionId)) {
        connection.emit('session:ended', { reason });
        connection.socket.disconnect(true);
      }
    }
  }

  private accessLost({ roomId, fence }: AccessLost): void {
    const room = this.hub.find(roomId);
    if (room && room.fence < fence) void this.review(room);
  }

  /** What was said while nobody listened is looked up: the sessions first, as nothing else tells of them. */
  private async reviewEverything(): Promise<void> {
    const ended = await this.untilAnswered(() => this.queries.ended(this.userHub.sessionIds()));
    for (const { sessionId, reason } of ended) this.endSessions([sessionId], reason);
    const risen = await this.untilAnswered(() => this.queries.risen(this.hub.all()));
    for (const roomId of risen) {
      const room = this.hub.find(roomId);
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

  private seatsOf(roomId: string, userIds: readonly string[] | null): RoomSubscription[] {
    const subscriptions = [...(this.hub.find(roomId)?.subscriptions.values() ?? [])];
    return userIds === null ? subscriptions : subscriptions.filter((subscription) => userIds.includes(subscription.connection.userId));
  }

  /** The seat is gone at once; that it is gone is said in the order of what else the person hears. */
  private unseat(subscription: RoomSubscription, reason: LossReason, my?: number): void {
    const { connection, channel } = subscription;
    this.hub.unsubscribe(subscription);
    const person = this.userHub.find(connection.userId);
    if (!person) return;
    void person.queue(async () => {
      const number = my ?? (await this.userHeads.current(connection.userId).catch(() => null));
      connection.emitWhenReady({
        event: 'room:gone',
        my: number,
        body: JsonText.of({ roomId: channel.id, reason, ...(number !== null && { my: number }) }),
      });
      if (number === null) return;
      // One that was read may stand for more than this loss.
      person.skipTo(my === undefined ? number : number - 1);
      person.advanceTo(number);
    });
  }
}
