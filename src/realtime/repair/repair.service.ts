import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { chunks } from '../../common/chunks.js';
import { Turns } from '../../common/turns.js';
import { ProcessRole } from '../../config/process-role.js';
import { Settings } from '../../config/settings.js';
import { JsonText } from '../json-text.js';
import type { LiveRoom } from '../fanout/live-room.js';
import { LiveRooms } from '../fanout/live-rooms.service.js';
import { PersonRepair } from './person-repair.service.js';
import { type Head, RepairQueries } from './repair.queries.js';
import { repairPackets } from './repair-packets.js';
import { Revocation } from '../fanout/revocation.service.js';

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
export class Repair implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Repair.name);
  private readonly ending = new AbortController();
  private readonly inRepair = new Set<LiveRoom>();
  private readonly turns = new Turns(REPAIRS);

  constructor(
    private readonly role: ProcessRole,
    private readonly settings: Settings,
    private readonly rooms: LiveRooms,
    private readonly queries: RepairQueries,
    private readonly revocation: Revocation,
    private readonly others: PersonRepair,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.role.isServer) return;
    this.rooms.whenTroubled({ gap: (room) => void this.soon(room) });
    this.others.whenBusIsBack(() => void this.look());
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
      await this.others.look();
      const rooms = this.rooms.all().filter((room) => room.opened);
      for (const some of chunks(rooms, AT_ONCE)) await this.compare(some);
    } catch (error) {
      this.log.warn(`The heads of rooms could not be read: ${String(error)}`);
    }
  }

  private async compare(rooms: readonly LiveRoom[]): Promise<void> {
    const heads = new Map((await this.queries.heads(rooms.map((room) => room.id))).map((head) => [head.roomId, head]));
    for (const room of rooms) {
      const head = heads.get(room.id);
      if (!head || head.fence > room.fence) void this.revocation.review(room);
      if (head && isBehind(room, head)) void this.soon(room, head);
    }
  }

  /** Repairs the room, unless what is missing comes by itself meanwhile. */
  private async soon(room: LiveRoom, seen?: Head): Promise<void> {
    if (this.inRepair.has(room)) return;
    this.inRepair.add(room);
    try {
      if (!(await this.waits(GRACE_MS))) return;
      await this.turns.run(() => this.repair(room, seen));
    } catch (error) {
      this.log.warn(`A room could not be repaired: ${String(error)}`);
      return;
    } finally {
      this.inRepair.delete(room);
    }
    if (room.seats.size > 0) this.rooms.settle(room);
  }

  /** Up to where the room is now: a busy room is further by the time that this is read, and what follows comes by itself. */
  private async repair(room: LiveRoom, seen?: Head): Promise<void> {
    if (room.seats.size === 0 || (seen && !isBehind(room, seen))) return;
    const [head] = await this.queries.heads([room.id]);
    if (!head) return;
    for (let step = 0; step < MOST_STEPS && isBehind(room, head); step++) {
      if (head.logFloor > room.reached.rev) break;
      // What comes by itself while this is read is known to be in it.
      const before = { ...room.reached };
      const messages = head.seq > before.seq ? await this.queries.messagesAfter(room.id, before.seq) : [];
      const changes = head.rev > before.rev ? await this.queries.changesAfter(room.id, before.rev) : [];
      for (const packet of repairPackets(head, before, messages, changes)) this.rooms.accept(packet);
      if (room.reached.seq === before.seq && room.reached.rev === before.rev) return;
    }
    if (isBehind(room, head)) this.giveUp(room, head);
  }

  /** Very much is missing: the sockets read it themselves, each at its own time. */
  private giveUp(room: LiveRoom, head: Head): void {
    room.skipTo(head);
    const body = JsonText.of({ rooms: [room.id], withinMs: RESYNC_WITHIN_MS });
    for (const { connection } of room.seats.values()) connection.tellWhenReady({ event: 'resync', my: null, body });
  }

  private waits(ms: number): Promise<boolean> {
    return pause(ms, true, { signal: this.ending.signal, ref: false }).catch(() => false);
  }
}

const isBehind = ({ reached }: LiveRoom, head: Head): boolean => head.seq > reached.seq || head.rev > reached.rev;
