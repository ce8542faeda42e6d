import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { ReadMarkRepository, type AdvancedMark, type ReadMarkRow } from '../room-access/read-mark.repository.js';
import { Overloaded } from '../timeline/timeline.errors.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { ReadStateView } from './room-user.view.js';
import { MembershipChanged, ReadMarked } from './room-users.events.js';

/** Marks written by one statement. */
const BATCH_SIZE = 500;
/** Marks that may wait in one process. */
const MOST_WAITING = 20_000;

interface MarkWaiter {
  resolve: (state: ReadStateView) => void;
  reject: (error: unknown) => void;
}

/** One person's mark in one room, however often it was asked for. */
interface PendingMark {
  actor: Actor;
  roomId: string;
  userId: string;
  seq: number;
  waiters: MarkWaiter[];
}

const keyOf = (mark: { roomId: string; userId: string }): string => `${mark.roomId} ${mark.userId}`;

/**
 * How far people have read. Marks of the same seat that come while others are being written are merged; a flight is one statement. They
 * never go back, and take no head of a room.
 */
@Injectable()
export class ReadMarks {
  private readonly waiting = new Map<string, PendingMark>();
  /** Seats that were held by somebody else: waited for one at a time, so that they delay no flight. */
  private readonly contended = new Map<string, PendingMark>();
  private flying = false;
  private trailing = false;

  constructor(
    private readonly views: RoomUserViews,
    private readonly readMarkRepository: ReadMarkRepository,
    private readonly access: RoomAccess,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Marks a room as read up to `seq` (beyond the head: the head) and answers what is unread after it.
   * @throws RoomNotFound, Forbidden not_member, Overloaded
   */
  markRead(actor: Actor, roomId: string, seq: number): Promise<ReadStateView> {
    return new Promise((resolve, reject) => {
      if (this.waiting.size + this.contended.size >= MOST_WAITING) throw new Overloaded();
      this.put(this.waiting, { actor, roomId, userId: actor.userId, seq, waiters: [{ resolve, reject }] });
      void this.fly();
    });
  }

  private put(queue: Map<string, PendingMark>, mark: PendingMark): void {
    const known = queue.get(keyOf(mark));
    queue.set(keyOf(mark), known ? { ...known, seq: Math.max(known.seq, mark.seq), waiters: [...known.waiters, ...mark.waiters] } : mark);
  }

  private take(queue: Map<string, PendingMark>, most: number): PendingMark[] {
    const taken = [...queue.values()].slice(0, most);
    for (const mark of taken) queue.delete(keyOf(mark));
    return taken;
  }

  private async fly(): Promise<void> {
    if (this.flying) return;
    this.flying = true;
    // What comes in the same turn of the event loop flies together.
    await Promise.resolve();
    for (let flight = this.take(this.waiting, BATCH_SIZE); flight.length > 0; flight = this.take(this.waiting, BATCH_SIZE)) {
      await this.write(flight, false);
    }
    this.flying = false;
  }

  private async trail(): Promise<void> {
    if (this.trailing) return;
    this.trailing = true;
    for (let one = this.take(this.contended, 1); one.length > 0; one = this.take(this.contended, 1)) await this.write(one, true);
    this.trailing = false;
  }

  private async write(flight: readonly PendingMark[], wait: boolean): Promise<void> {
    try {
      const rows = await this.views.resolveReadMarks(flight);
      const raised = rows.length > 0 ? await this.readMarkRepository.advanceReadMarks(rows, wait) : [];
      const states = raised.length > 0 ? await this.views.readStates(raised) : [];
      this.tell(raised);
      this.settle(flight, rows, new Map(states.map((state) => [keyOf(state), state])));
    } catch (error) {
      for (const { waiters } of flight) for (const { reject } of waiters) reject(error);
    }
  }

  private settle(flight: readonly PendingMark[], rows: readonly ReadMarkRow[], states: ReadonlyMap<string, ReadStateView>): void {
    const seated = new Set(rows.map(keyOf));
    for (const mark of flight) {
      const state = states.get(keyOf(mark));
      if (state) {
        const { lastReadSeq, unreadCount, mentionCount } = state;
        for (const { resolve } of mark.waiters) resolve({ lastReadSeq, unreadCount, mentionCount });
      } else if (seated.has(keyOf(mark))) this.put(this.contended, mark);
      else void this.refuse(mark);
    }
    void this.trail();
  }

  private tell(raised: readonly AdvancedMark[]): void {
    for (const { roomId, userId, lastReadSeq, advanced } of raised) {
      if (!advanced) continue;
      this.events.publish(new ReadMarked(roomId, userId, lastReadSeq));
      this.events.publish(new MembershipChanged(roomId, userId, null));
    }
  }

  /** The door says why: gone, or never in it. */
  private async refuse({ actor, roomId, waiters }: PendingMark): Promise<void> {
    const reason = await this.access.read(actor, roomId).then(
      () => new RoomNotFound(), // they sat down between the two looks
      (error: unknown) => error,
    );
    for (const { reject } of waiters) reject(reason);
  }
}
