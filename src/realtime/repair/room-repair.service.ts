import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Semaphore } from '../../common/semaphore.js';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { RedisConnections } from '../../redis/redis-connections.js';
import { JsonText } from '../adapter/json-text.js';
import type { RoomChannel } from '../hub/room-channel.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { UserRepair } from './user-repair.service.js';
import { type Head, RepairQueries } from './repair.queries.js';
import { repairPackets } from './repair-packets.js';

/** A packet that others are just sending is not missing yet. */
const GRACE_MS = 400;
const AT_ONCE = 1_000;
/** Rooms that are repaired together: a part of the connections that sends need, too. */
const REPAIRS = 4;
/** Looks at one room before its sockets are told to ask for themselves. */
const MOST_STEPS = 5;
const RESYNC_WITHIN_MS = 2_000;

/**
 * Nothing stays unheard: compares the heads of the rooms in which this process has sockets with what they were told, reads what is missing
 * once for all of them, and says it like any other event. It is how a commit is heard whose broadcast was lost, with nobody doing anything.
 */
@Injectable()
export class RoomRepair implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RoomRepair.name);
  private readonly ending = new AbortController();
  private readonly inRepair = new Set<RoomChannel>();
  private readonly turns = new Semaphore(REPAIRS);

  constructor(
    private readonly role: ProcessRole,
    private readonly settings: Settings,
    private readonly redis: RedisConnections,
    private readonly hub: RoomHub,
    private readonly queries: RepairQueries,
    private readonly userRepair: UserRepair,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.role.isServer) return;
    this.hub.onFenceOrGap({ gap: (channel) => void this.soon(channel) });
    this.redis.onUp(() => void this.look());
    void this.keepLooking();
  }

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  private async keepLooking(): Promise<void> {
    // Three quarters of the time that is promised: the look itself and the grace come on top.
    const every = this.settings.realtime.repairMs * 0.75;
    while (await this.waits(every)) await this.look();
  }

  /** One look at everything. */
  private async look(): Promise<void> {
    try {
      await this.userRepair.look();
      const rooms = this.hub.all().filter((channel) => channel.opened);
      for (const some of chunks(rooms, AT_ONCE)) await this.compare(some);
    } catch (error) {
      this.log.warn(`The heads of rooms could not be read: ${String(error)}`);
    }
  }

  private async compare(rooms: readonly RoomChannel[]): Promise<void> {
    const heads = new Map((await this.queries.heads(rooms.map((channel) => channel.id))).map((head) => [head.roomId, head]));
    for (const channel of rooms) {
      const head = heads.get(channel.id);
      if (!head || head.fence > channel.fence) this.hub.requestReview(channel);
      if (head && isBehind(channel, head)) void this.soon(channel, head);
    }
  }

  /** Repairs the room, unless what is missing comes by itself meanwhile. */
  private async soon(channel: RoomChannel, seen?: Head): Promise<void> {
    if (this.inRepair.has(channel)) return;
    this.inRepair.add(channel);
    try {
      if (!(await this.waits(GRACE_MS))) return;
      await this.turns.run(() => this.repair(channel, seen));
    } catch (error) {
      this.log.warn(`A room could not be repaired: ${String(error)}`);
      return;
    } finally {
      this.inRepair.delete(channel);
    }
    if (channel.subscriptions.size > 0) this.hub.deliverPending(channel);
  }

  /** Up to where the room is now: a busy room is further by the time that this is read, and what follows comes by itself. */
  private async repair(channel: RoomChannel, seen?: Head): Promise<void> {
    if (channel.subscriptions.size === 0 || (seen && !isBehind(channel, seen))) return;
    const [head] = await this.queries.heads([channel.id]);
    if (!head) return;
    for (let step = 0; step < MOST_STEPS && isBehind(channel, head); step++) {
      if (head.logFloor > channel.reached.rev) break;
      // What comes by itself while this is read is known to be in it.
      const before = { ...channel.reached };
      const messages = head.seq > before.seq ? await this.queries.messagesAfter(channel.id, before.seq) : [];
      const changes = head.rev > before.rev ? await this.queries.changesAfter(channel.id, before.rev) : [];
      for (const packet of repairPackets(head, before, messages, changes)) this.hub.deliverLocally(packet);
      if (channel.reached.seq === before.seq && channel.reached.rev === before.rev) return;
    }
    if (isBehind(channel, head)) this.giveUp(channel, head);
  }

  /** Very much is missing: the sockets read it themselves, each at its own time. */
  private giveUp(channel: RoomChannel, head: Head): void {
    channel.skipTo(head);
    const body = JsonText.of({ rooms: [channel.id], withinMs: RESYNC_WITHIN_MS });
    for (const { connection } of channel.subscriptions.values()) connection.emitWhenReady({ event: 'resync', my: null, body });
  }

  private waits(ms: number): Promise<boolean> {
    return pause(ms, true, { signal: this.ending.signal, ref: false }).catch(() => false);
  }
}

const isBehind = ({ reached }: RoomChannel, head: Head): boolean => head.seq > reached.seq || head.rev > reached.rev;
