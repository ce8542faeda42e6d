import type { Connection } from './connection.js';
import { JsonText } from '../adapter/json-text.js';
import { PacketVariants } from './packet-variants.js';
import type { RoomPacket } from './room-packet.js';
import type { TeamPair } from './team-frame.js';

/** How far a room has come: its newest message, its newest change. */
export interface RoomPosition {
  seq: number;
  rev: number;
}

/** What a node knows of a room when it begins to follow it. */
export interface RoomSnapshot extends RoomPosition, TeamPair {
  roomId: string;
  fence: number;
}

/** Packets that wait for one that is missing, or for a fence to be looked at. Beyond it they are dropped, and read from the log instead. */
const MAX_OUT_OF_ORDER = 1_000;

/** One socket's place in one room. */
export class RoomSubscription {
  private position: RoomPosition | null = null;
  private waiting: RoomPacket[] = [];

  constructor(
    readonly connection: Connection,
    readonly channel: RoomChannel,
    /** Nothing below it is shown here. */
    readonly visibleFrom: number,
  ) {}

  get isLate(): boolean {
    return this.visibleFrom > 1;
  }

  /** False once it was ended or replaced. */
  get isActive(): boolean {
    return this.channel.subscriptions.get(this.connection) === this;
  }

  send(packet: RoomPacket): void {
    new PacketVariants(packet, this.channel.team, () => this.visibleFrom).sendTo(this);
  }

  /** Its client was told how far the room is: what was kept and is newer follows, and from now on it hears everything once. */
  setPosition(told: RoomPosition): void {
    if (this.position) return;
    this.position = told;
    const { waiting } = this;
    this.waiting = [];
    for (const packet of waiting) this.offer(packet);
    this.channel.settled(this);
  }

  /** Whether all that the room has delivered so far is all that its client was told. */
  get isCaughtUp(): boolean {
    return this.position !== null && this.position.seq <= this.channel.reached.seq && this.position.rev <= this.channel.reached.rev;
  }

  offer(packet: RoomPacket): void {
    if (!this.position) {
      if (this.connection.countBuffered()) this.waiting.push(packet);
    } else if (packet.to > this.position[packet.order]) {
      this.send(unheard(packet, this.position.seq));
    }
  }
}

/**
 * A room as one process serves it: who of its sockets sits there, and how much of the room's log they have heard. Packets come from this
 * process, from others, and from the log itself; each is delivered once, in the room's order.
 */
export class RoomChannel {
  readonly subscriptions = new Map<Connection, RoomSubscription>();
  /** Those who hear all that is delivered. */
  readonly caughtUp = new Set<RoomSubscription>();
  /** Those who were told more, or nothing yet: offered each packet. */
  private readonly catchingUp = new Set<RoomSubscription>();
  private outOfOrder: RoomPacket[] = [];
  private start: RoomSnapshot | null = null;
  /** Losses of access up to this one have been acted upon. */
  fence = 0;
  /** Nothing is delivered while it is looked at who may stay. */
  private closedForReview = false;
  readonly reached: RoomPosition = { seq: 0, rev: 0 };

  constructor(readonly id: string) {}

  get opened(): boolean {
    return this.start !== null;
  }

  get team(): TeamPair | null {
    return this.start?.teamId ? this.start : null;
  }

  /** The point from which all latecomers among its sockets may see. */
  get latecomersSeeFrom(): number {
    return Math.max(...[...this.subscriptions.values()].map((subscription) => subscription.visibleFrom));
  }

  /** Begins to deliver what lies behind this point. */
  open(start: RoomSnapshot): void {
    if (this.start) return;
    this.start = start;
    this.fence = start.fence;
    this.reached.seq = start.seq;
    this.reached.rev = start.rev;
  }

  /** A new seat; one that the socket had here is of another life in the room. */
  subscribe(connection: Connection, visibleFrom: number): RoomSubscription {
    const former = this.subscriptions.get(connection);
    if (former) this.unsubscribe(former);
    const subscription = new RoomSubscription(connection, this, visibleFrom);
    this.subscriptions.set(connection, subscription);
    this.catchingUp.add(subscription);
    connection.roomIds.add(this.id);
    return subscription;
  }

  /** From this moment on it hears nothing of the room. */
  unsubscribe(subscription: RoomSubscription): void {
    this.caughtUp.delete(subscription);
    this.catchingUp.delete(subscription);
    this.subscriptions.delete(subscription.connection);
    subscription.connection.roomIds.delete(this.id);
  }

  settled(subscription: RoomSubscription): void {
    if (!this.catchingUp.has(subscription) || !subscription.isCaughtUp) return;
    this.catchingUp.delete(subscription);
    this.caughtUp.add(subscription);
  }

  /**
   * Takes a packet in, and delivers all that can be delivered now.
   * @returns `fence`: review who may stay first; `gap`: something before it is missing
   */
  accept(packet?: RoomPacket): 'fine' | 'fence' | 'gap' {
    if (packet) this.keep(packet);
    if (!this.start || this.closedForReview) return 'fine';
    this.outOfOrder.sort((a, b) => a.from - b.from);
    for (let index = 0; index < this.outOfOrder.length;) {
      const next = this.outOfOrder[index];
      if (!next) break;
      if (next.fence > this.fence) return 'fence';
      if (next.from > this.reached[next.order]) {
        index++;
        continue;
      }
      this.outOfOrder.splice(index, 1);
      this.deliver(next);
      index = 0;
    }
    return this.outOfOrder.length > 0 ? 'gap' : 'fine';
  }

  /** Holds everything back until {@link resumeAfterReview}. False: it is held back already. */
  pauseForReview(): boolean {
    if (this.closedForReview) return false;
    this.closedForReview = true;
    return true;
  }

  resumeAfterReview(fence: number): void {
    this.closedForReview = false;
    this.fence = Math.max(this.fence, fence);
  }

  /** The one loss that this fence stands for was acted upon already. */
  acknowledgeFence(fence: number): void {
    if (fence === this.fence + 1) this.fence = fence;
  }

  /** What lies before this point is not delivered any more. It may have been read a while ago, and is never a way back. */
  skipTo({ seq, rev }: RoomPosition): void {
    this.reached.seq = Math.max(this.reached.seq, seq);
    this.reached.rev = Math.max(this.reached.rev, rev);
    this.outOfOrder = this.outOfOrder.filter((packet) => packet.to > this.reached[packet.order]);
    for (const subscription of this.catchingUp) this.settled(subscription);
  }

  private keep(packet: RoomPacket): void {
    if (this.outOfOrder.length < MAX_OUT_OF_ORDER) this.outOfOrder.push(packet);
    else this.outOfOrder = [];
  }

  private deliver(packet: RoomPacket): void {
    const before = this.reached[packet.order];
    if (packet.to <= before) return;
    this.reached[packet.order] = packet.to;
    const news = unheard(packet, before);
    const variants = new PacketVariants(news, this.team, () => this.latecomersSeeFrom);
    for (const subscription of this.caughtUp) variants.sendTo(subscription);
    for (const subscription of this.catchingUp) {
      subscription.offer(news);
      this.settled(subscription);
    }
  }
}

/** Without the messages up to `seq`. */
function unheard(packet: RoomPacket, seq: number): RoomPacket {
  if (packet.order !== 'seq' || packet.from >= seq) return packet;
  const { messages, ...rest } = packet.body.toJSON() as { messages: { seq: number }[] };
  return { ...packet, from: seq, body: JsonText.of({ ...rest, messages: messages.filter((message) => message.seq > seq) }) };
}
