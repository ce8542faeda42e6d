import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { fromDatabaseError, errorCode, isConnectionError, isDeadlock, LockTimeout } from '../database/database-errors.js';
import { DomainEvents } from '../events/domain-events.js';
import { mentionsIn } from './mentions.policy.js';
import { checkMessage, requestHash, type CheckedMessage } from './message-content.policy.js';
import { MessageRepository } from './message.repository.js';
import type { SendMessage } from './message.types.js';
import { sentViewOf, type MessageView } from './message.view.js';
import { sendErrorOf, SendFunction, type SendRow } from './send-function.service.js';
import { SendQueue, type Pending, type SendResult } from './send-queue.js';
import { MessageNotFound, Overloaded } from './timeline.errors.js';
import { MessagesPosted } from './timeline.events.js';

/** Rooms held by somebody else that are waited for at the same time, each on a connection of its own. */
const LANES = 4;
/** What is announced in one turn of the event loop; then others have theirs, and what they send forms the next batch. */
const TURN_MS = 0.5;
/** A connection that broke sooner than this is tried once more; later, the caller has waited long enough. */
const RETRY_WITHIN_MS = 500;

/** One for all: where most are refused, the stack of each would be a tenth of the work. */
const OVERLOADED = new Overloaded();

type Sent = readonly [Pending, SendRow][];

/**
 * The send path, whoever sends. One writer a process: what arrives while a batch is being written forms the next one, and while that is
 * written the former one is announced. No timer; an idle server sends at once. A room whose head is held elsewhere waits in a lane of its
 * own, and stops nobody.
 */
@Injectable()
export class MessageWriter {
  private readonly queue = new SendQueue();
  private writing = false;
  /** Ends when all that was written has been announced and answered. */
  private announced: Promise<unknown> = Promise.resolve();
  /** Rooms with a lane of their own that wait for their turn. */
  private readonly contended: string[] = [];
  private contendedRuns = 0;

  constructor(
    private readonly sendFunction: SendFunction,
    private readonly messageRepository: MessageRepository,
    private readonly events: DomainEvents,
    private readonly settings: Settings,
  ) {}

  /**
   * Answers after the commit. Nothing is awaited before the message stands in the queue: one caller's sends to one room are numbered in the
   * order of the calls. Sent again with its `id` it exists once.
   * @throws ValidationFailed, UnstorableText, EmptyMessage, Overloaded at once; RoomNotFound, Forbidden, MessageConflict, ReplyNotFound,
   * MediaNotUsable, SessionInvalid, LockTimeout, DatabaseUnavailable after the judgement
   */
  sendMessage(actor: Actor, input: SendMessage): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      const checked = checkMessage(input, this.settings.messages);
      const { queuePerProcess, queuePerSender } = this.settings.writer;
      if (this.queue.size >= queuePerProcess || this.queue.of(actor.userId) >= queuePerSender) throw OVERLOADED;
      const message = { ...checked, id: checked.id ?? newId() };
      this.queue.addSend({ actor, message, hash: requestHash(checked), extras: extrasOf(checked), waiters: [{ resolve, reject }] });
      void this.pump();
    });
  }

  /** Messages that wait to be written, or are being written. */
  get depth(): number {
    return this.queue.size;
  }

  private async pump(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    try {
      // What comes in the same turn of the event loop goes into the same batch.
      await Promise.resolve();
      for (let batch = this.next(); batch.length > 0; batch = this.next()) {
        const former = this.announced;
        await this.write(batch, false);
        await former;
      }
    } finally {
      this.writing = false;
    }
  }

  private next(): Pending[] {
    return this.queue.takeBatch(this.settings.writer.batchSize);
  }

  private async write(batch: readonly Pending[], wait: boolean): Promise<void> {
    let rows: SendRow[];
    try {
      rows = await this.ask(batch, wait);
    } catch (error) {
      // One of them is poison; the others must not suffer for it.
      if (batch.length > 1 && isDataError(error)) for (const pending of batch) await this.write([pending], wait);
      else this.refuse(batch, fromDatabaseError(error));
      return;
    }
    const { sent, same } = this.judged(batch, rows, wait);
    // What fails from here on is committed: who sends it again is answered with it, and the others get it by repair.
    this.announced = this.announced
      .then(() => this.announce(sent, same))
      .catch((error: unknown) => this.refuse(batch, fromDatabaseError(error)));
  }

  /** The call; on a connection that broke at once, again: the ids make it the same send. */
  private async ask(batch: readonly Pending[], wait: boolean): Promise<SendRow[]> {
    const since = performance.now();
    try {
      return await this.sendFunction.callSendMessages(batch, wait);
    } catch (error) {
      if (!isDeadlock(error) && !(isConnectionError(error) && performance.now() - since < RETRY_WITHIN_MS)) throw error;
      return this.sendFunction.callSendMessages(batch, wait);
    }
  }

  /** What was written; the rest is refused, or waits, once, in the lane of its room before anything else of the room is taken. */
  private judged(batch: readonly Pending[], rows: readonly SendRow[], waited: boolean): { sent: Sent; same: Sent } {
    const sent: [Pending, SendRow][] = [];
    const same: [Pending, SendRow][] = [];
    const busy = new Map<string, Pending[]>();
    for (const [index, pending] of batch.entries()) {
      const row = rows[index];
      if (!row) this.refuse([pending], new Error('the send function answered too few rows'));
      else if (row.outcome === 'sent') sent.push([pending, row]);
      else if (row.outcome === 'same') same.push([pending, row]);
      else if (row.outcome === 'busy' && !waited) busy.set(pending.message.roomId, [...(busy.get(pending.message.roomId) ?? []), pending]);
      else this.refuse([pending], sendErrorOf(row));
    }
    for (const [roomId, held] of busy) this.moveToContended(roomId, held);
    return { sent, same };
  }

  /** Publishes first, then acks: who was answered has been announced. */
  private async announce(sent: Sent, same: Sent): Promise<void> {
    const views = await this.viewsOf(sent);
    const rooms = new Map<string, Sent[number][]>();
    for (const one of sent) {
      const { roomId } = one[0].message;
      const ofRoom = rooms.get(roomId);
      if (ofRoom) ofRoom.push(one);
      else rooms.set(roomId, [one]);
    }
    let since = performance.now();
    for (const [roomId, ofRoom] of rooms) {
      const messages = ofRoom.flatMap(([pending]) => views.get(pending) ?? []);
      const fence = ofRoom[0]?.[1].fence ?? 0;
      if (messages.length > 0) this.events.publish(new MessagesPosted(roomId, fence, messages));
      for (const [pending] of ofRoom) this.answer(pending, views.get(pending), true);
      // When a whole batch waits already, nobody's turn would make it larger.
      if (this.queue.waitingCount >= this.settings.writer.batchSize || performance.now() - since < TURN_MS) continue;
      await turn();
      since = performance.now();
    }
    if (same.length > 0) await this.answerAgain(same);
  }

  /** Plain texts are what was sent and numbered; the rest is read back, all at once. */
  private async viewsOf(sent: Sent): Promise<Map<Pending, MessageView>> {
    const rich = sent.filter(([pending]) => pending.extras !== null);
    const read =
      rich.length > 0
        ? await this.messageRepository.getNeutralView(rich.map(([{ message }, { seq }]) => ({ roomId: message.roomId, seq })))
        : [];
    const bySeq = new Map(read.map((view) => [`${view.roomId} ${view.seq}`, view]));
    const views = new Map<Pending, MessageView>();
    for (const [pending, row] of sent) {
      const { roomId, id, text } = pending.message;
      const view = pending.extras === null ? sentViewOf(id, roomId, pending.actor.userId, text, row) : bySeq.get(`${roomId} ${row.seq}`);
      if (view) views.set(pending, view);
    }
    return views;
  }

  private async answerAgain(same: Sent): Promise<void> {
    const keys = same.map(([{ message, actor }, { seq }]) => ({ roomId: message.roomId, seq, userId: actor.userId }));
    const views = await this.messageRepository.getMessageViewsFor(keys);
    for (const [index, [pending]] of same.entries()) {
      const view = views[index];
      // It is there once, and its sender may read it no more: they have lost the room, or come into it anew.
      if (view) this.answer(pending, view, false);
      else this.refuse([pending], new MessageNotFound());
    }
  }

  private answer(pending: Pending, message: MessageView | undefined, created: boolean): void {
    if (!message) return this.refuse([pending], new Error('a message that was just written cannot be read'));
    for (const [index, waiter] of this.queue.completeSend(pending).entries()) waiter.resolve({ message, created: created && index === 0 });
  }

  private refuse(batch: readonly Pending[], error: unknown): void {
    for (const pending of batch) for (const waiter of this.queue.completeSend(pending)) waiter.reject(error);
  }

  private moveToContended(roomId: string, held: readonly Pending[]): void {
    this.queue.moveToContended(roomId, held);
    this.contended.push(roomId);
    this.startContended();
  }

  private startContended(): void {
    while (this.contendedRuns < LANES) {
      const roomId = this.contended.shift();
      if (roomId === undefined) return;
      this.contendedRuns++;
      void this.runContended(roomId).finally(() => {
        this.contendedRuns--;
        this.startContended();
      });
    }
  }

  /** One batch of a room, waited for; then the room is among the others again. */
  private async runContended(roomId: string): Promise<void> {
    const batch = this.queue.takeContended(roomId, this.settings.writer.batchSize);
    const since = performance.now();
    await this.write(batch, true);
    // Still held: who waited behind them has waited as long.
    if (performance.now() - since >= this.settings.writer.lockTimeoutMs) this.refuse(this.queue.clearContended(roomId), new LockTimeout());
    this.queue.mergeContended(roomId);
    void this.pump();
  }
}

/** Errors that the data of one message can cause: class 22 (data) and 23 (constraints). */
const isDataError = (error: unknown): boolean => /^2[23]/.test(errorCode(error) ?? '');

/** What the send function has to look up for a message; null when it is nothing but text. */
function extrasOf({ text, mediaIds, replyToId, mentions }: CheckedMessage): object | null {
  const inText = mentionsIn(text);
  const extras = Object.entries({
    replyTo: replyToId,
    media: mediaIds,
    userIds: mentions === 'all' ? [] : mentions,
    usernames: inText.usernames,
    all: mentions === 'all',
    textAll: inText.all,
  }).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value));
  return extras.length > 0 ? Object.fromEntries(extras) : null;
}
