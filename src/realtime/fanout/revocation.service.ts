import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type SessionEnded, SESSIONS_CHANNEL } from '../../auth/auth.events.js';
import { Semaphore } from '../../common/semaphore.js';
import { ProcessRole } from '../../config/process-role.js';
import { DatabaseNotifications } from '../../database/notifications.js';
import { ACCESS_CHANNEL, type AccessLost } from '../../room-access/room-log.service.js';
import type { LossReason } from '../../room-access/room.types.js';
import { UserHeads } from '../../users/user-heads.service.js';
import { JsonText } from '../adapter/json-text.js';
import type { RoomChannel, RoomSubscription } from '../hub/room-channel.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { UserHub } from '../hub/user-hub.service.js';
import { RevocationQueries } from './revocation.queries.js';

const RETRY_MS = 500;
/** Reviews at a time: a part of the pool, which sends need, too. */
const CONCURRENT_REVIEWS = 4;

/**
 * Ends the subscriptions and sockets of this process after a loss of access. Three paths lead here: what this process commits itself, `NOTIFY`
 * of Postgres at the commit of any process, and the fence in each packet. None of them needs Redis.
 */
@Injectable()
export class Revocation implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Revocation.name);
  private readonly ending = new AbortController();
  private readonly semaphore = new Semaphore(CONCURRENT_REVIEWS);

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
    await this.notifications.listen(ACCESS_CHANNEL, (payload) => {
      const { roomId, fence } = JSON.parse(payload) as AccessLost;
      const channel = this.hub.findChannel(roomId);
      if (channel && channel.fence < fence) void this.review(channel);
    });
    await this.notifications.listen(SESSIONS_CHANNEL, (payload) => this.endSessions(JSON.parse(payload) as SessionEnded));
  }

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  /**
   * Ends the subscriptions of users who lost access by a commit of this process, and sends them `room:gone`.
   * @param userIds null: all members
   * @param my the number of this personal change for each user, if it has one
   */
  revokeLocally(roomId: string, userIds: readonly string[] | null, reason: LossReason, my: ReadonlyMap<string, number>): void {
    for (const subscription of [...(this.hub.findChannel(roomId)?.subscriptions.values() ?? [])]) {
      const { userId } = subscription.connection;
      if (userIds === null || userIds.includes(userId)) this.endSubscription(subscription, reason, my.get(userId));
    }
  }

  endSessions({ sessionIds, reason }: Pick<SessionEnded, 'sessionIds'> & { reason: string }): void {
    for (const connection of sessionIds.flatMap((sessionId) => this.userHub.connectionsOfSession(sessionId))) {
      connection.emit('session:ended', { reason });
      connection.socket.disconnect(true);
    }
  }

  /** Checks which sockets may stay in the room. Nothing is delivered there before the database has answered. */
  private async review(channel: RoomChannel): Promise<void> {
    if (!channel.pauseForReview()) return;
    const { fence } = channel;
    try {
      channel.resumeAfterReview(await this.semaphore.run(() => this.endLostSubscriptions(channel)));
    } catch {
      setTimeout(() => {
        channel.resumeAfterReview(fence);
        void this.review(channel);
      }, RETRY_MS).unref();
      return;
    }
    this.hub.deliverPending(channel);
  }

  /**
   * Ends the subscriptions whose membership was lost or replaced, also of sockets that subscribe meanwhile.
   * @returns the fence up to which all subscriptions were checked
   */
  private async endLostSubscriptions(channel: RoomChannel): Promise<number> {
    const checked = new Set<RoomSubscription>();
    const lost = new Set<string>();
    const unchecked = (): RoomSubscription[] => [...channel.subscriptions.values()].filter((subscription) => !checked.has(subscription));
    let fence = Number.MAX_SAFE_INTEGER;
    do {
      const subscriptions = unchecked();
      const review = await this.queries.review(channel.id, [...new Set(subscriptions.map(({ connection }) => connection.userId))]);
      fence = Math.min(fence, review.fence);
      for (const subscription of subscriptions) {
        checked.add(subscription);
        const { userId } = subscription.connection;
        const { visibleFrom, reason } = review.members.get(userId) ?? {};
        if (!reason || visibleFrom === subscription.visibleFrom || !subscription.isActive) continue;
        this.endSubscription(subscription, reason);
        if (reason !== 'deleted') lost.add(userId);
      }
    } while (unchecked().length > 0);
    for (const userId of lost) void this.subscribeRejoined(userId, channel.id);
    return fence;
  }

  /** Subscribes a user who has rejoined meanwhile: the `my` of `room:gone` may cover the rejoin, so that no repair would notice it. */
  private async subscribeRejoined(userId: string, roomId: string): Promise<void> {
    const my = await this.userHeads.current(userId).catch(() => null);
    if (my !== null) this.userHub.applyHint(userId, { do: 'enter', roomId, my });
  }

  /** Checks sessions and rooms after notifications were lost. Sessions come first: nothing else reveals that one has ended. */
  private async reviewEverything(): Promise<void> {
    const ended = await this.retry(() => this.queries.endedSessions(this.userHub.sessionIds()));
    for (const { sessionId, reason } of ended) this.endSessions({ sessionIds: [sessionId], reason });
    for (const roomId of await this.retry(() => this.queries.roomsWithHigherFence(this.hub.listChannels()))) {
      const channel = this.hub.findChannel(roomId);
      if (channel) void this.review(channel);
    }
  }

  /** Returns nothing if the process ends before the database answers. */
  private async retry<T>(query: () => Promise<T[]>): Promise<T[]> {
    while (!this.ending.signal.aborted) {
      try {
        return await query();
      } catch (error) {
        this.log.warn(`Losses of access could not be read, trying again: ${String(error)}`);
        await sleep(RETRY_MS, undefined, { signal: this.ending.signal, ref: false }).catch(() => undefined);
      }
    }
    return [];
  }

  /** Ends the subscription at once, and sends `room:gone` in the order of the user's other events. */
  private endSubscription(subscription: RoomSubscription, reason: LossReason, my?: number): void {
    const { connection, channel } = subscription;
    this.hub.unsubscribe(subscription);
    const user = this.userHub.findUser(connection.userId);
    void user?.queue(async () => {
      const number = my ?? (await this.userHeads.current(connection.userId).catch(() => null));
      connection.emitWhenReady({
        event: 'room:gone',
        my: number,
        body: JsonText.of({ roomId: channel.id, reason, ...(number !== null && { my: number }) }),
      });
      if (number === null) return;
      // A number that was read may cover more than this loss.
      user.skipTo(my === undefined ? number : number - 1);
      user.advanceTo(number);
    });
  }
}
