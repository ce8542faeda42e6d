import { JsonText } from '../adapter/json-text.js';
import type { Connection } from './connection.js';
import { PacketVariants } from './packet-variants.js';
import type { RoomPacket } from './room-packet.js';
import type { TeamPair } from './team-frame.js';

/** How far a room, a channel or a client is: the last message and the last change. */
export interface RoomPosition {
  seq: number;
  rev: number;
}

/** The state of a room from which this process starts to deliver it. */
export interface RoomSnapshot extends RoomPosition, TeamPair {
  roomId: string;
  fence: number;
}

/** Packets that wait for a missing one, or for a review. Beyond it they are dropped, and read from the log. */
const MAX_OUT_OF_ORDER = 1_000;

/** One socket's subscription to one room. */
export class RoomSubscription {
  private position: RoomPosition | null = null;
  private waiting: RoomPacket[] = [];

  constructor(
    readonly connection: Connection,
    readonly channel: RoomChannel,
    /** The first `seq` that the member may see. */
    readonly visibleFrom: number,
  ) {}

  get isLate(): boolean {
    return this.visibleFrom > 1;
  }

  /** False once it was ended or replaced. */
  get isActive(): boolean {
    return this.channel.subscriptions.get(this.connection) === this;
  }

  /** Whether the room has delivered everything that the client knows of. */
  get isCaughtUp(): boolean {
    return this.position !== null && this.position.seq <= this.channel.reached.seq && this.position.rev <= this.channel.reached.rev;
  }

  /** Sets the position that the client was sent, and sends the buffered packets that are newer. Only the first call has an effect. */
  setPosition(position: RoomPosition): void {
    if (this.position) return;
    this.position = position;
    const { waiting } = this;
    this.waiting = [];
    for (const packet of waiting) this.offer(packet);
    this.channel.moveIfCaughtUp(this);
  }

  /** Sends the packet if it is newer than the position of the client. Buffers it before the position is set. */
  offer(packet: RoomPacket): void {
    if (!this.position) {
      if (this.connection.countBuffered()) this.waiting.push(packet);
    } else if (packet.to > this.position[packet.order]) this.send(withoutMessagesUpTo(this.position.seq, packet));
  }

  send(packet: RoomPacket): void {
    new PacketVariants(packet, this.channel.team, () => this.visibleFrom).sendTo(this);
  }
}

/**
 * A room with sockets in this process: their subscriptions, and the position in the room's log up to which packets were delivered. Packets come
 * from this process, from others and from the log; each is delivered once, in the room's order.
 */
export class RoomChannel {
  readonly subscriptions = new Map<Connection, RoomSubscription>();
  /** Subscriptions that receive every packet. */
  private readonly caughtUp = new Set<RoomSubscription>();
  /** Subscriptions whose client has no position yet, or a later one than the channel: each packet is offered to them. */
  private readonly catchingUp = new Set<RoomSubscription>();
  private outOfOrder: RoomPacket[] = [];
  private snapshot: RoomSnapshot | null = null;
  /** Losses of access up to this fence have been acted upon. */
  fence = 0;
  private inReview = false;
  readonly reached: RoomPosition = { seq: 0, rev: 0 };

  constructor(readonly id: string) {}

  get opened(): boolean {
    return this.snapshot !== null;
  }

  get team(): TeamPair | null {
    return this.snapshot?.teamId ? this.snapshot : null;
  }

  /** Starts to deliver what follows the snapshot. */
  open(snapshot: RoomSnapshot): void {
    if (this.snapshot) return;
    this.snapshot = snapshot;
    this.fence = snapshot.fence;
    this.reached.seq = snapshot.seq;
    this.reached.rev = snapshot.rev;
  }

  /** Subscribes the socket; replaces its subscription from an earlier membership. */
  subscribe(connection: Connection, visibleFrom: number): RoomSubscription {
    const former = this.subscriptions.get(connection);
    if (former) this.unsubscribe(former);
    const subscription = new RoomSubscription(connection, this, visibleFrom);
    this.subscriptions.set(connection, subscription);
    this.catchingUp.add(subscription);
    connection.roomIds.add(this.id);
    return subscription;
  }

  /** Ends the subscription: no further packet is sent to it. */
  unsubscribe(subscription: RoomSubscription): void {
    this.caughtUp.delete(subscription);
    this.catchingUp.delete(subscription);
    this.subscriptions.delete(subscription.connection);
    subscription.connection.roomIds.delete(this.id);
  }

  moveIfCaughtUp(subscription: RoomSubscription): void {
    if (!this.catchingUp.has(subscription) || !subscription.isCaughtUp) return;
    this.catchingUp.delete(subscription);
    this.caughtUp.add(subscription);
  }

  /**
   * Accepts a packet, and delivers every packet that can be delivered now.
   * @returns `fence`: a review is needed first; `gap`: an earlier packet is missing
   */
  accept(packet?: RoomPacket): 'fine' | 'fence' | 'gap' {
    if (packet) this.hold(packet);
    if (!this.snapshot || this.inReview) return 'fine';
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
      this.deliverPacket(next);
      index = 0;
    }
    return this.outOfOrder.length > 0 ? 'gap' : 'fine';
  }

  /** Delivers nothing until {@link resumeAfterReview}. Returns false if a review is running already. */
  pauseForReview(): boolean {
    if (this.inReview) return false;
    this.inReview = true;
    return true;
  }

  resumeAfterReview(fence: number): void {
    this.inReview = false;
    this.fence = Math.max(this.fence, fence);
  }

  /** Skips the review for the one loss that raised the fence to this value: its subscriptions have ended already. */
  acknowledgeFence(fence: number): void {
    if (fence === this.fence + 1) this.fence = fence;
  }

  /** Delivers nothing up to this position any more. It may have been read a while ago, so it never moves the channel back. */
  skipTo({ seq, rev }: RoomPosition): void {
    this.reached.seq = Math.max(this.reached.seq, seq);
    this.reached.rev = Math.max(this.reached.rev, rev);
    this.outOfOrder = this.outOfOrder.filter((packet) => packet.to > this.reached[packet.order]);
    for (const subscription of this.catchingUp) this.moveIfCaughtUp(subscription);
  }

  private hold(packet: RoomPacket): void {
    if (this.outOfOrder.length < MAX_OUT_OF_ORDER) this.outOfOrder.push(packet);
    else this.outOfOrder = [];
  }

  private deliverPacket(packet: RoomPacket): void {
    const before = this.reached[packet.order];
    if (packet.to <= before) return;
    this.reached[packet.order] = packet.to;
    const news = withoutMessagesUpTo(before, packet);
    const variants = new PacketVariants(news, this.team, () => this.latestVisibleFrom());
    for (const subscription of this.caughtUp) variants.sendTo(subscription);
    for (const subscription of this.catchingUp) {
      subscription.offer(news);
      this.moveIfCaughtUp(subscription);
    }
  }

  private latestVisibleFrom(): number {
    return Math.max(...[...this.subscriptions.values()].map((subscription) => subscription.visibleFrom));
  }
}

function withoutMessagesUpTo(seq: number, packet: RoomPacket): RoomPacket {
  if (packet.order !== 'seq' || packet.from >= seq) return packet;
  const { messages, ...rest } = packet.body.toJSON() as { messages: { seq: number }[] };
  return { ...packet, from: seq, body: JsonText.of({ ...rest, messages: messages.filter((message) => message.seq > seq) }) };
}
