import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { fromDatabaseError, errorCode, isConnectionError, isDeadlock, LockTimeout } from '../database/database-errors.js';
import { DomainEvents } from '../events/domain-events.js';
import { checkMessage, mentionsIn, requestHash, type CheckedMessage } from './message-content.policy.js';
import { MessageRepository } from './message.repository.js';
import type { SendMessage } from './message.types.js';
import { sentViewOf, type MessageView, type SendResult } from './message.view.js';
import { sendErrorOf, SendFunction, type SendRow } from './send-function.service.js';
import { SendQueue, type Pending } from './send-queue.js';
import { MessageNotFound, Overloaded } from './timeline.errors.js';
import { MessagesPosted } from './timeline.events.js';

/** Contended rooms that are waited for at the same time, each on its own connection. */
const MAX_CONTENDED = 4;
/** Time of publishing after which the event loop runs other tasks; what they send joins the next batch. */
const PUBLISH_SLICE_MS = 0.5;
/** A call whose connection broke within this time is tried once more; after it, the caller has waited long enough. */
const RETRY_WITHIN_MS = 500;

/** One instance for all: under overload, a stack trace for each would be a tenth of the work. */
const OVERLOADED = new Overloaded();

type Sent = readonly [Pending, SendRow][];

/**
 * The send path of REST and sockets. One writer for each process: messages that arrive while a batch is being written form the next batch,
 * and each batch is published while the next one is written. No timer: an idle server writes at once. A contended room waits in a queue of
 * its own and delays no other room.
 */
@Injectable()
export class MessageWriter {
  private readonly queue = new SendQueue();
  private writing = false;
  /** Resolves when all written messages are published and answered. */
  private published: Promise<unknown> = Promise.resolve();
  /** Contended rooms that wait for one of the MAX_CONTENDED slots. */
  private readonly contended: string[] = [];
  private contendedRuns = 0;

  constructor(
    private readonly sendFunction: SendFunction,
    private readonly messageRepository: MessageRepository,
    private readonly events: DomainEvents,
    private readonly settings: Settings,
  ) {}

  /**
   * Resolves after the commit. The message is queued synchronously, so that the sends of one caller to one room are numbered in the order
   * of the calls. A message sent again with its `id` is stored once.
   * @throws ValidationFailed, UnstorableText, EmptyMessage, Overloaded at once; RoomNotFound, Forbidden, MessageConflict, ReplyNotFound,
   * MediaNotUsable, SessionInvalid, LockTimeout, DatabaseUnavailable after the call of the send function
   */
  sendMessage(actor: Actor, input: SendMessage): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      const checked = checkMessage(input, this.settings.messages);
      const { queuePerProcess, queuePerSender } = this.settings.writer;
      if (this.queue.size >= queuePerProcess || this.queue.countFor(actor.userId) >= queuePerSender) throw OVERLOADED;
      const message = { ...checked, id: checked.id ?? newId() };
      this.queue.addSend({ actor, message, hash: requestHash(checked), extras: extrasOf(checked), waiters: [{ resolve, reject }] });
      void this.pump();
    });
  }

  /** Number of messages that wait to be written, or are being written. */
  get depth(): number {
    return this.queue.size;
  }

  private async pump(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    try {
      // Messages of the same tick go into the same batch.
      await Promise.resolve();
      for (let batch = this.next(); batch.length > 0; batch = this.next()) {
        const previous = this.published;
        await this.write(batch, false);
        await previous;
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
      rows = await this.callSendMessages(batch, wait);
    } catch (error) {
      // One message has data that Postgres refuses: written one by one, the others are sent.
      if (batch.length > 1 && isDataError(error)) for (const pending of batch) await this.write([pending], wait);
      else this.reject(batch, fromDatabaseError(error));
      return;
    }
    const { sent, same } = this.sortOutcomes(batch, rows, wait);
    // The messages are committed. If publishing fails, a sender who sends again receives the stored message, and the rooms are repaired
    // (RoomRepair).
    this.published = this.published
      .then(() => this.publishBatch(sent, same))
      .catch((error: unknown) => this.reject(batch, fromDatabaseError(error)));
  }

  /** Calls the send function; calls it again after a deadlock or a broken connection: the ids make that the same send. */
  private async callSendMessages(batch: readonly Pending[], wait: boolean): Promise<SendRow[]> {
    const since = performance.now();
    try {
      return await this.sendFunction.callSendMessages(batch, wait);
    } catch (error) {
      if (!isDeadlock(error) && !(isConnectionError(error) && performance.now() - since < RETRY_WITHIN_MS)) throw error;
      return this.sendFunction.callSendMessages(batch, wait);
    }
  }

  /** Returns the stored messages. Rejects the others, or moves those of contended rooms, once, to the queue of their room. */
  private sortOutcomes(batch: readonly Pending[], rows: readonly SendRow[], waited: boolean): { sent: Sent; same: Sent } {
    const sent: [Pending, SendRow][] = [];
    const same: [Pending, SendRow][] = [];
    const busy = new Map<string, Pending[]>();
    for (const [index, pending] of batch.entries()) {
      const row = rows[index];
      if (!row) this.reject([pending], new Error('the send function returned too few rows'));
      else if (row.outcome === 'sent') sent.push([pending, row]);
      else if (row.outcome === 'same') same.push([pending, row]);
      else if (row.outcome === 'busy' && !waited) busy.set(pending.message.roomId, [...(busy.get(pending.message.roomId) ?? []), pending]);
      else this.reject([pending], sendErrorOf(row));
    }
    for (const [roomId, blocked] of busy) this.moveToContended(roomId, blocked);
    return { sent, same };
  }

  /** Publishes each message before its send is answered. */
  private async publishBatch(sent: Sent, same: Sent): Promise<void> {
    const views = await this.viewsOf(sent);
    const rooms = new Map<string, Sent[number][]>();
    for (const entry of sent) {
      const { roomId } = entry[0].message;
      const ofRoom = rooms.get(roomId);
      if (ofRoom) ofRoom.push(entry);
      else rooms.set(roomId, [entry]);
    }
    let since = performance.now();
    for (const [roomId, ofRoom] of rooms) {
      const messages = ofRoom.flatMap(([pending]) => views.get(pending) ?? []);
      const fence = ofRoom[0]?.[1].fence ?? 0;
      if (messages.length > 0) this.events.publish(new MessagesPosted(roomId, fence, messages));
      for (const [pending] of ofRoom) this.answer(pending, views.get(pending), true);
      // A full batch waits already: other tasks could not make it larger.
      if (this.queue.waitingCount >= this.settings.writer.batchSize || performance.now() - since < PUBLISH_SLICE_MS) continue;
      await yieldToEventLoop();
      since = performance.now();
    }
    if (same.length > 0) await this.answerRepeated(same);
  }

  /** Builds the views of plain texts from what was sent; reads the others in one query. */
  private async viewsOf(sent: Sent): Promise<Map<Pending, MessageView>> {
    const rich = sent.filter(([pending]) => pending.extras !== null);
    const read =
      rich.length > 0
        ? await this.messageRepository.getNeutralViews(rich.map(([{ message }, { seq }]) => ({ roomId: message.roomId, seq })))
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

  private async answerRepeated(same: Sent): Promise<void> {
    const keys = same.map(([{ message, actor }, { seq }]) => ({ roomId: message.roomId, seq, userId: actor.userId }));
    const views = await this.messageRepository.getMessageViewsFor(keys);
    for (const [index, [pending]] of same.entries()) {
      const view = views[index];
      // The message is stored, but its sender may not read it: they left the room, or joined it again later.
      if (view) this.answer(pending, view, false);
      else this.reject([pending], new MessageNotFound());
    }
  }

  private answer(pending: Pending, message: MessageView | undefined, created: boolean): void {
    if (!message) return this.reject([pending], new Error('a message that was just written cannot be read'));
    for (const [index, waiter] of this.queue.completeSend(pending).entries()) waiter.resolve({ message, created: created && index === 0 });
  }

  private reject(batch: readonly Pending[], error: unknown): void {
    for (const pending of batch) for (const waiter of this.queue.completeSend(pending)) waiter.reject(error);
  }

  private moveToContended(roomId: string, blocked: readonly Pending[]): void {
    this.queue.moveToContended(roomId, blocked);
    this.contended.push(roomId);
    this.startContended();
  }

  private startContended(): void {
    while (this.contendedRuns < MAX_CONTENDED) {
      const roomId = this.contended.shift();
      if (roomId === undefined) return;
      this.contendedRuns++;
      void this.runContended(roomId).finally(() => {
        this.contendedRuns--;
        this.startContended();
      });
    }
  }

  /** Writes one batch of a contended room, waiting for its head; then the room uses the common queue again. */
  private async runContended(roomId: string): Promise<void> {
    const batch = this.queue.takeContended(roomId, this.settings.writer.batchSize);
    const since = performance.now();
    await this.write(batch, true);
    // Still contended: the later messages have waited as long.
    if (performance.now() - since >= this.settings.writer.lockTimeoutMs) this.reject(this.queue.clearContended(roomId), new LockTimeout());
    this.queue.mergeContended(roomId);
    void this.pump();
  }
}

/** Errors that the data of one message can cause: class 22 (data) and 23 (constraints). */
const isDataError = (error: unknown): boolean => /^2[23]/.test(errorCode(error) ?? '');

/** Returns the reply, media and mentions of a message for the send function; null for a plain text. */
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
