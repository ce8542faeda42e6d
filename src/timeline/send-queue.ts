import type { Actor } from '../common/actor.js';
import type { CheckedMessage } from './message-content.policy.js';
import type { SendResult } from './message.view.js';

interface SendWaiter {
  resolve(result: SendResult): void;
  reject(error: unknown): void;
}

/** A message that waits to be written, or is being written. */
export interface Pending {
  readonly actor: Actor;
  readonly message: CheckedMessage & { id: string };
  readonly hash: Buffer;
  /** Reply, media and mentions for the send function to look up; null for a plain text. */
  readonly extras: object | null;
  /** The calls that wait for the answer: the first send, then repeated sends of the same message. */
  readonly waiters: SendWaiter[];
}

const keyOf = ({ message }: Pending): string => `${message.roomId} ${message.id}`;

/** The messages that wait to be written, in the order sent. Each contended room has a queue of its own. */
export class SendQueue {
  private waiting: Pending[] = [];
  private readonly contended = new Map<string, Pending[]>();
  private readonly perSender = new Map<string, number>();
  private total = 0;

  get size(): number {
    return this.total;
  }

  /** Messages that wait in the common queue. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Messages of one sender that have not been answered. */
  countFor(userId: string): number {
    return this.perSender.get(userId) ?? 0;
  }

  addSend(pending: Pending): void {
    this.count(pending, 1);
    const contended = this.contended.get(pending.message.roomId);
    (contended ?? this.waiting).push(pending);
  }

  /** Removes an answered message. Returns the calls that wait for it; none the second time. */
  completeSend(pending: Pending): SendWaiter[] {
    const waiters = pending.waiters.splice(0);
    if (waiters.length > 0) this.count(pending, -1);
    return waiters;
  }

  /** Removes and returns the next batch of the common queue. */
  takeBatch(max: number): Pending[] {
    const { batch, kept } = this.pick(this.waiting, max);
    this.waiting = kept;
    return batch;
  }

  /** Gives a room a queue of its own: these messages first, then those that wait for the room. */
  moveToContended(roomId: string, first: readonly Pending[]): void {
    const behind = this.waiting.filter((pending) => pending.message.roomId === roomId);
    this.waiting = this.waiting.filter((pending) => pending.message.roomId !== roomId);
    this.contended.set(roomId, [...(this.contended.get(roomId) ?? []), ...first, ...behind]);
  }

  /** Removes and returns the next batch of a contended room. Its queue stays until mergeContended: later sends wait in it. */
  takeContended(roomId: string, max: number): Pending[] {
    const { batch, kept } = this.pick(this.contended.get(roomId) ?? [], max);
    this.contended.set(roomId, kept);
    return batch;
  }

  /** Ends a room's own queue: its messages go to the front of the common queue. */
  mergeContended(roomId: string): void {
    this.waiting.unshift(...(this.contended.get(roomId) ?? []));
    this.contended.delete(roomId);
  }

  /** Removes and returns all messages of a contended room. */
  clearContended(roomId: string): Pending[] {
    return this.contended.get(roomId)?.splice(0) ?? [];
  }

  /**
   * Splits off what goes into one call. The same message sent twice becomes one entry. A different message with its id, or a reply to a
   * message of this batch, waits for the next batch, and later messages of its room with it: the checks read what is stored.
   */
  private pick(waiting: readonly Pending[], max: number): { batch: Pending[]; kept: Pending[] } {
    const batch = new Map<string, Pending>();
    const kept: Pending[] = [];
    const paused = new Set<string>();
    for (const [index, pending] of waiting.entries()) {
      if (batch.size >= max) {
        kept.push(...waiting.slice(index));
        break;
      }
      const { roomId, replyToId } = pending.message;
      const earlier = batch.get(keyOf(pending));
      if (!paused.has(roomId) && earlier && sameSend(earlier, pending)) {
        this.join(earlier, pending);
      } else if (paused.has(roomId) || earlier || batch.has(`${roomId} ${replyToId}`)) {
        paused.add(roomId);
        kept.push(pending);
      } else {
        batch.set(keyOf(pending), pending);
      }
    }
    return { batch: [...batch.values()], kept };
  }

  private join(earlier: Pending, pending: Pending): void {
    earlier.waiters.push(...pending.waiters);
    this.count(pending, -1);
  }

  private count({ actor }: Pending, by: 1 | -1): void {
    this.total += by;
    const ofSender = this.countFor(actor.userId) + by;
    if (ofSender > 0) this.perSender.set(actor.userId, ofSender);
    else this.perSender.delete(actor.userId);
  }
}

const sameSend = (a: Pending, b: Pending): boolean =>
  a.actor.userId === b.actor.userId && a.actor.sessionId === b.actor.sessionId && a.hash.equals(b.hash);
