import type { Connection } from '../connection.js';
import { JsonText } from '../json-text.js';
import type { RoomPacket } from './room-packet.js';

/** How far a room has come: its newest message, its newest change. */
export interface Reached {
  seq: number;
  rev: number;
}

/** What a node knows of a room when it begins to follow it. */
export interface RoomStart extends Reached {
  roomId: string;
  fence: number;
  /** The team that a private room belongs to, and its two. */
  teamId: string | null;
  userLow: string | null;
  userHigh: string | null;
}

/** The voice of a room. */
export interface Speaker {
  /** Everybody who is in step with the room. */
  toAll(room: LiveRoom, packet: RoomPacket): void;
  toOne(seat: Seat, packet: RoomPacket): void;
}

/** Packets that wait for one that is missing, or for a fence to be looked at. Beyond it they are dropped, and read from the log instead. */
const MOST_EARLY = 1_000;

/** One socket's place in one room. */
export class Seat {
  private told: Reached | null = null;
  private waiting: RoomPacket[] = [];

  constructor(
    readonly connection: Connection,
    readonly room: LiveRoom,
    /** Nothing below it is shown here. */
    readonly visibleFrom: number,
  ) {}

  get late(): boolean {
    return this.visibleFrom > 1;
  }

  /** Its client was told how far the room is: what was kept and is newer follows, and from now on it hears everything once. */
  settle(told: Reached): void {
    if (this.told) return;
    this.told = told;
    const { waiting } = this;
    this.waiting = [];
    for (const packet of waiting) this.offer(packet);
    this.room.settled(this);
  }

  /** Whether all that the room has delivered so far is all that its client was told. */
  get inStep(): boolean {
    return this.told !== null && this.told.seq <= this.room.reached.seq && this.told.rev <= this.room.reached.rev;
  }

  offer(packet: RoomPacket): void {
    if (!this.told) {
      if (this.connection.owe()) this.waiting.push(packet);
    } else if (packet.to > this.told[packet.order]) {
      this.room.speaker.toOne(this, unheard(packet, this.told.seq));
    }
  }
}

/**
 * A room as one process serves it: who of its sockets sits there, and how much of the room's log they have heard. Packets come from this
 * process, from others, and from the log itself; each is delivered once, in the room's order.
 */
export class LiveRoom {
  readonly seats = new Map<Connection, Seat>();
  /** Those who hear all that is delivered. */
  readonly inStep = new Set<Seat>();
  /** Those who were told more, or nothing yet: offered each packet. */
  private readonly apart = new Set<Seat>();
  private early: RoomPacket[] = [];
  private start: RoomStart | null = null;
  /** Losses of access up to this one have been acted upon. */
  fence = 0;
  /** Nothing is delivered while it is looked at who may stay. */
  private closedForReview = false;
  readonly reached: Reached = { seq: 0, rev: 0 };

  constructor(
    readonly id: string,
    readonly speaker: Speaker,
  ) {}

  get opened(): boolean {
    return this.start !== null;
  }

  get team(): RoomStart | null {
    return this.start?.teamId ? this.start : null;
  }

  /** The point from which all latecomers among its sockets may see. */
  get latecomersSeeFrom(): number {
    return Math.max(...[...this.seats.values()].map((seat) => seat.visibleFrom));
  }

  /** Begins to deliver what lies behind this point. */
  open(start: RoomStart): void {
    if (this.start) return;
    this.start = start;
    this.fence = start.fence;
    this.reached.seq = start.seq;
    this.reached.rev = start.rev;
  }

  /** A new seat; one that the socket had here is of another life in the room. */
  seat(connection: Connection, visibleFrom: number): Seat {
    const former = this.seats.get(connection);
    if (former) this.unseat(former);
    const seat = new Seat(connection, this, visibleFrom);
    this.seats.set(connection, seat);
    this.apart.add(seat);
    connection.seats.set(this.id, seat);
    return seat;
  }

  /** From this moment on it hears nothing of the room. */
  unseat(seat: Seat): void {
    this.inStep.delete(seat);
    this.apart.delete(seat);
    this.seats.delete(seat.connection);
    seat.connection.seats.delete(this.id);
  }

  settled(seat: Seat): void {
    if (!this.apart.has(seat) || !seat.inStep) return;
    this.apart.delete(seat);
    this.inStep.add(seat);
  }

  /**
   * Takes a packet in, and delivers all that can be delivered now.
   * @returns `fence`: review who may stay first; `gap`: something before it is missing
   */
  accept(packet?: RoomPacket): 'fine' | 'fence' | 'gap' {
    if (packet) this.keep(packet);
    if (!this.start || this.closedForReview) return 'fine';
    this.early.sort((a, b) => a.from - b.from);
    for (let index = 0; index < this.early.length;) {
      const next = this.early[index];
      if (!next) break;
      if (next.fence > this.fence) return 'fence';
      if (next.from > this.reached[next.order]) {
        index++;
        continue;
      }
      this.early.splice(index, 1);
      this.deliver(next);
      index = 0;
    }
    return this.early.length > 0 ? 'gap' : 'fine';
  }

  /** Holds everything back until {@link reviewed}. False: it is held back already. */
  review(): boolean {
    if (this.closedForReview) return false;
    this.closedForReview = true;
    return true;
  }

  reviewed(fence: number): void {
    this.closedForReview = false;
    this.fence = Math.max(this.fence, fence);
  }

  /** The one loss that this fence stands for was acted upon already. */
  lossHandled(fence: number): void {
    if (fence === this.fence + 1) this.fence = fence;
  }

  /** What lies before this point is not delivered any more. It may have been read a while ago, and is never a way back. */
  skipTo({ seq, rev }: Reached): void {
    this.reached.seq = Math.max(this.reached.seq, seq);
    this.reached.rev = Math.max(this.reached.rev, rev);
    this.early = this.early.filter((packet) => packet.to > this.reached[packet.order]);
    for (const seat of this.apart) this.settled(seat);
  }

  private keep(packet: RoomPacket): void {
    if (this.early.length < MOST_EARLY) this.early.push(packet);
    else this.early = [];
  }

  private deliver(packet: RoomPacket): void {
    const before = this.reached[packet.order];
    if (packet.to <= before) return;
    this.reached[packet.order] = packet.to;
    const news = unheard(packet, before);
    this.speaker.toAll(this, news);
    for (const seat of this.apart) {
      seat.offer(news);
      this.settled(seat);
    }
  }
}

/** Without the messages up to `seq`. */
function unheard(packet: RoomPacket, seq: number): RoomPacket {
  if (packet.order !== 'seq' || packet.from >= seq) return packet;
  const { messages, ...rest } = packet.body.toJSON() as { messages: { seq: number }[] };
  return { ...packet, from: seq, body: JsonText.of({ ...rest, messages: messages.filter((message) => message.seq > seq) }) };
}
