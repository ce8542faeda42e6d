import { Logger } from '@nestjs/common';
import { stackOf } from '../../common/thrown.js';
import type { Connection, UserPacket } from './connection.js';

/** How long a packet waits for an earlier one: the second of two may arrive first. */
const MAX_WAIT_MS = 250;

/** A user with sockets in this process: the sockets, and the last personal change that they were sent. */
export class UserConnections {
  readonly connections = new Set<Connection>();
  /** The last personal change that was sent; -1 before the first `ready`. */
  my = -1;
  /** How often changes were skipped since the last repair: one of them may have been a new room. */
  skipped = 0;
  private outOfOrder: UserPacket[] = [];
  private readonly log = new Logger('UserConnections');
  private last: Promise<void> = Promise.resolve();
  private queued = 0;

  constructor(readonly userId: string) {}

  /** Runs one task after the other: packets keep their order though each is read from the database first. */
  queue(work: () => Promise<void> | void): Promise<void> {
    this.queued++;
    this.last = this.last
      .then(work)
      .catch((error: unknown) => this.log.error(stackOf(error)))
      .finally(() => this.queued--);
    return this.last;
  }

  /** Delivers the packet after the queued tasks. */
  send(packet: UserPacket): void {
    if (this.queued > 0) void this.queue(() => this.deliverInOrder(packet));
    else this.deliverInOrder(packet);
  }

  /** One socket gets a `ready` that covers everything up to `my`. The other sockets may have missed some of it. */
  advanceOnReady(my: number): void {
    if (this.my >= 0 && this.my !== my) this.skipped++;
    this.advanceTo(my);
  }

  /** Stops waiting for packets up to `my`. */
  skipTo(my: number): void {
    if (this.my >= 0 && this.my < my) this.skipped++;
    this.advanceTo(my);
  }

  /** Everything up to `my` was sent; emits the packets that waited for it. */
  advanceTo(my: number): void {
    this.my = Math.max(this.my, my);
    for (let next = this.outOfOrder[0]; next && !this.isEarly(next); next = this.outOfOrder[0]) {
      this.outOfOrder.shift();
      this.my = Math.max(this.my, next.my ?? this.my);
      for (const connection of this.connections) connection.emitWhenReady(next);
    }
  }

  /** Emits the packet in the order of its number, if the missing ones arrive in time. Expects a queued task. */
  deliverInOrder(packet: UserPacket): void {
    this.outOfOrder.push(packet);
    this.outOfOrder.sort((a, b) => (a.my ?? 0) - (b.my ?? 0));
    this.advanceTo(this.my);
    if (!this.outOfOrder.includes(packet)) return;
    setTimeout(() => {
      if (this.outOfOrder.includes(packet)) this.skipTo((packet.my ?? 0) - 1);
    }, MAX_WAIT_MS).unref();
  }

  private isEarly({ my }: UserPacket): boolean {
    return my !== null && this.my >= 0 && my > this.my + 1;
  }
}
