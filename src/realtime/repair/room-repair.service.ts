import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Semaphore } from '../../common/semaphore.js';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { RedisConnections } from '../../redis/redis-connections.js';
import { JsonText } from '../adapter/json-text.js';
import type { RoomChannel } from '../hub/room-channel.js';
import { RoomHub } from '../hub/room-hub.service.js';
import { repairPackets } from './repair-packets.js';
import { RepairQueries, type RoomHead } from './repair.queries.js';
import { UserRepair } from './user-repair.service.js';

/** A packet that is on its way arrives within this time. */
const GRACE_MS = 400;
const ROOMS_PER_QUERY = 1_000;
/** Repairs at a time: a part of the pool, which sends need, too. */
const CONCURRENT_REPAIRS = 4;
/** Steps of one repair before the sockets of the room are asked to resync. */
const MAX_STEPS = 5;
const RESYNC_WITHIN_MS = 2_000;

/**
 * Repairs missed packets. Compares the heads of the rooms that have sockets in this process with what was delivered, reads what is missing
 * from the log once for all sockets, and delivers it as ordinary packets. A lost hint is repaired like this without any client's help.
 */
@Injectable()
export class RoomRepair implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RoomRepair.name);
  private readonly ending = new AbortController();
  private readonly inRepair = new Set<RoomChannel>();
  private readonly semaphore = new Semaphore(CONCURRENT_REPAIRS);

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
    this.hub.onFenceOrGap({ gap: (channel) => void this.repairSoon(channel) });
    this.redis.onUp(() => void this.compareAll());
    void this.compareRepeatedly();
  }

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  private async compareRepeatedly(): Promise<void> {
    // Comparing and the grace period take the last quarter of the promised time.
    const intervalMs = this.settings.realtime.repairMs * 0.75;
    while (await this.sleepUnlessEnding(intervalMs)) await this.compareAll();
  }

  private async compareAll(): Promise<void> {
    try {
      await this.userRepair.compareAll();
      const opened = this.hub.listChannels().filter((channel) => channel.opened);
      for (const channels of chunks(opened, ROOMS_PER_QUERY)) await this.compare(channels);
    } catch (error) {
      this.log.warn(`The heads of rooms could not be read: ${String(error)}`);
    }
  }

  private async compare(channels: readonly RoomChannel[]): Promise<void> {
    const rows = await this.queries.roomHeads(channels.map((channel) => channel.id));
    const heads = new Map(rows.map((head) => [head.roomId, head]));
    for (const channel of channels) {
      const head = heads.get(channel.id);
      if (!head || head.fence > channel.fence) this.hub.requestReview(channel);
      if (head && isBehind(channel, head)) void this.repairSoon(channel, head);
    }
  }

  /** Repairs the room unless the missing packets arrive meanwhile. */
  private async repairSoon(channel: RoomChannel, seen?: RoomHead): Promise<void> {
    if (this.inRepair.has(channel)) return;
    this.inRepair.add(channel);
    try {
      if (!(await this.sleepUnlessEnding(GRACE_MS))) return;
      await this.semaphore.run(() => this.repair(channel, seen));
    } catch (error) {
      this.log.warn(`A room could not be repaired: ${String(error)}`);
      return;
    } finally {
      this.inRepair.delete(channel);
    }
    if (channel.subscriptions.size > 0) this.hub.deliverPending(channel);
  }

  /** Repairs up to the present head: in a busy room the head has moved since it was compared, and later packets arrive by themselves. */
  private async repair(channel: RoomChannel, seen?: RoomHead): Promise<void> {
    if (channel.subscriptions.size === 0 || (seen && !isBehind(channel, seen))) return;
    const [head] = await this.queries.roomHeads([channel.id]);
    if (!head) return;
    for (let step = 0; step < MAX_STEPS && isBehind(channel, head); step++) {
      if (head.logFloor > channel.reached.rev) break;
      // A packet that arrives during these reads overlaps with what they return; the channel skips what it has delivered.
      const before = { ...channel.reached };
      const messages = head.seq > before.seq ? await this.queries.messagesAfter(channel.id, before.seq) : [];
      const changes = head.rev > before.rev ? await this.queries.changesAfter(channel.id, before.rev) : [];
      for (const packet of repairPackets(head, before, messages, changes)) this.hub.deliverLocally(packet);
      if (channel.reached.seq === before.seq && channel.reached.rev === before.rev) return;
    }
    if (isBehind(channel, head)) this.requestResync(channel, head);
  }

  /** Too much is missing: each client reads it itself, at a random time. */
  private requestResync(channel: RoomChannel, head: RoomHead): void {
    channel.skipTo(head);
    const body = JsonText.of({ rooms: [channel.id], withinMs: RESYNC_WITHIN_MS });
    for (const { connection } of channel.subscriptions.values()) connection.emitWhenReady({ event: 'resync', my: null, body });
  }

  private sleepUnlessEnding(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.ending.signal, ref: false }).catch(() => false);
  }
}

const isBehind = ({ reached }: RoomChannel, head: RoomHead): boolean => head.seq > reached.seq || head.rev > reached.rev;
