import type { Actor } from '../common/actor.js';
import type { CheckedMessage } from './message-content.policy.js';
import type { MessageView } from './message.view.js';

export interface SendResult {
  message: MessageView;
  /** False when the message stood already. */
  created: boolean;
}

interface SendWaiter {
  resolve(result: SendResult): void;
  reject(error: unknown): void;
}

/** A message on its way to the database. */
export interface Pending {
  readonly actor: Actor;
  readonly message: CheckedMessage & { id: string };
  readonly hash: Buffer;
  /** What the send function has to look up; null for a plain text. */
  readonly extras: object | null;
  /** Whoever waits for the answer; the first one is the sender, the others sent the very same again. */
  readonly waiters: SendWaiter[];
}

const keyOf = ({ message }: Pending): string => `${message.roomId} ${message.id}`;

/** What waits to be written, in the order sent. Rooms whose head is held elsewhere wait in lanes of their own. */
export class SendQueue {
  private waiting: Pending[] = [];
  private readonly contended = new Map<string, Pending[]>();
  private readonly perSender = new Map<string, number>();
  private total = 0;

  get size(): number {
    return this.total;
  }

  /** Messages that wait in the common lane. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Messages of one sender that have not been answered. */
  of(userId: string): number {
    return this.perSender.get(userId) ?? 0;
  }

  addSend(pending: Pending): void {
    this.count(pending, 1);
    const lane = this.contended.get(pending.message.roomId);
    (lane ?? this.waiting).push(pending);
  }

  /** A message is answered: those who wait for it, once. */
  completeSend(pending: Pending): SendWaiter[] {
    const waiters = pending.waiters.splice(0);
    if (waiters.length > 0) this.count(pending, -1);
    return waiters;
  }

  /** The next batch of the common lane. */
  takeBatch(max: number): Pending[] {
    const { batch, kept } = this.pick(this.waiting, max);
    this.waiting = kept;
    return batch;
  }

  /** Gives a room a lane of its own, with these first and what waits for it behind them. */
  moveToContended(roomId: string, first: readonly Pending[]): void {
    const behind = this.waiting.filter((pending) => pending.message.roomId === roomId);
    this.waiting = this.waiting.filter((pending) => pending.message.roomId !== roomId);
    this.contended.set(roomId, [...(this.contended.get(roomId) ?? []), ...first, ...behind]);
  }

  /** The next batch of a room's own lane, which stays until it is rejoined: what is sent meanwhile waits behind. */
  takeContended(roomId: string, max: number): Pending[] {
    const { batch, kept } = this.pick(this.contended.get(roomId) ?? [], max);
    this.contended.set(roomId, kept);
    return batch;
  }

  /** Ends a room's own lane: what still waits in it goes to the front of the common one. */
  mergeContended(roomId: string): void {
    this.waiting.unshift(...(this.contended.get(roomId) ?? []));
    this.contended.delete(roomId);
  }

  /** All that waits in a room's own lane, to refuse it. */
  clearContended(roomId: string): Pending[] {
    return this.contended.get(roomId)?.splice(0) ?? [];
  }

  /**
   * As many as go into one call. The same message sent twice becomes one; another one with its id, or a reply to a message of this very
   * batch, waits with its whole room for the next: judging looks at what is stored.
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
      const twin = batch.get(keyOf(pending));
      if (!paused.has(roomId) && twin && sameSend(twin, pending)) {
        this.join(twin, pending);
      } else if (paused.has(roomId) || twin || batch.has(`${roomId} ${replyToId}`)) {
        paused.add(roomId);
        kept.push(pending);
      } else {
        batch.set(keyOf(pending), pending);
      }
    }
    return { batch: [...batch.values()], kept };
  }

  private join(twin: Pending, pending: Pending): void {
    twin.waiters.push(...pending.waiters);
    this.count(pending, -1);
  }

  private count({ actor }: Pending, by: 1 | -1): void {
    this.total += by;
    const own = this.of(actor.userId) + by;
    if (own > 0) this.perSender.set(actor.userId, own);
    else this.perSender.delete(actor.userId);
  }
}

const sameSend = (a: Pending, b: Pending): boolean =>
  a.actor.userId === b.actor.userId && a.actor.sessionId === b.actor.sessionId && a.hash.equals(b.hash);
