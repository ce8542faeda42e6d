import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { ReadMarkRepository, type AdvancedMark, type ReadMarkRow } from '../room-access/read-mark.repository.js';
import { Overloaded } from '../timeline/timeline.errors.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import type { ReadStateView } from './room-user.view.js';
import { MembershipChanged, ReadMarked } from './room-users.events.js';

/** Marks written by one statement. */
const BATCH_SIZE = 500;
/** Marks that may wait in one process. */
const MAX_WAITING = 20_000;

interface MarkWaiter {
  resolve: (state: ReadStateView) => void;
  reject: (error: unknown) => void;
}

/** The mark of one user in one room, with all calls that wait for it. */
interface PendingMark {
  actor: Actor;
  roomId: string;
  userId: string;
  seq: number;
  waiters: MarkWaiter[];
}

interface MemberKey {
  roomId: string;
  userId: string;
}

const keyOf = ({ roomId, userId }: MemberKey): string => `${roomId} ${userId}`;

/**
 * Writes read marks in batches: marks that arrive while a batch is written are merged by member and form the next one. A mark never goes
 * back, and writing it locks no room head.
 */
@Injectable()
export class ReadMarks {
  private readonly waiting = new Map<string, PendingMark>();
  /** Marks whose rows another transaction had locked. They are written one at a time, so that they delay no batch. */
  private readonly contended = new Map<string, PendingMark>();
  private writingWaiting = false;
  private writingContended = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly readMarkRepository: ReadMarkRepository,
    private readonly access: RoomAccess,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Marks a room as read up to `seq`, at most its last one, and returns what is unread after it.
   * @throws RoomNotFound, Forbidden not_member, Overloaded
   */
  markRead(actor: Actor, roomId: string, seq: number): Promise<ReadStateView> {
    return new Promise((resolve, reject) => {
      if (this.waiting.size + this.contended.size >= MAX_WAITING) throw new Overloaded();
      merge(this.waiting, { actor, roomId, userId: actor.userId, seq, waiters: [{ resolve, reject }] });
      void this.writeWaiting();
    });
  }

  private async writeWaiting(): Promise<void> {
    if (this.writingWaiting) return;
    this.writingWaiting = true;
    // Marks of the same turn of the event loop form one batch.
    await Promise.resolve();
    while (this.waiting.size > 0) await this.writeBatch(removeFirst(this.waiting, BATCH_SIZE), false);
    this.writingWaiting = false;
  }

  private async writeContended(): Promise<void> {
    if (this.writingContended) return;
    this.writingContended = true;
    while (this.contended.size > 0) await this.writeBatch(removeFirst(this.contended, 1), true);
    this.writingContended = false;
  }

  private async writeBatch(batch: readonly PendingMark[], wait: boolean): Promise<void> {
    try {
      const rows = await this.resolveReadMarks(batch);
      const advanced = rows.length > 0 ? await this.readMarkRepository.advanceReadMarks(rows, wait) : [];
      const states = advanced.length > 0 ? await this.getReadStates(advanced) : [];
      this.publishAdvanced(advanced);
      this.answerWaiters(batch, rows, new Map(states.map((state) => [keyOf(state), state])));
    } catch (error) {
      for (const { waiters } of batch) for (const { reject } of waiters) reject(error);
    }
  }

  private answerWaiters(batch: readonly PendingMark[], rows: readonly ReadMarkRow[], states: ReadonlyMap<string, ReadStateView>): void {
    const ofMembers = new Set(rows.map(keyOf));
    for (const mark of batch) {
      const state = states.get(keyOf(mark));
      if (state) {
        const { lastReadSeq, unreadCount, mentionCount } = state;
        for (const { resolve } of mark.waiters) resolve({ lastReadSeq, unreadCount, mentionCount });
      } else if (ofMembers.has(keyOf(mark))) merge(this.contended, mark);
      else void this.rejectNonMember(mark);
    }
    void this.writeContended();
  }

  private publishAdvanced(marks: readonly AdvancedMark[]): void {
    for (const { roomId, userId, lastReadSeq, advanced } of marks) {
      if (!advanced) continue;
      this.events.publish(new ReadMarked(roomId, userId, lastReadSeq));
      this.events.publish(new MembershipChanged(roomId, userId, null));
    }
  }

  /** Rejects with the error of the access check: no such room, or not a member. */
  private async rejectNonMember({ actor, roomId, waiters }: PendingMark): Promise<void> {
    const reason = await this.access.read(actor, roomId).then(
      () => new RoomNotFound(), // the user has joined since
      (error: unknown) => error,
    );
    for (const { reject } of waiters) reject(reason);
  }

  /** Returns the marks of members, none past the last `seq` of its room, each with the `n` there. */
  private resolveReadMarks(marks: readonly PendingMark[]): Promise<ReadMarkRow[]> {
    return this.transactions.query<ReadMarkRow>(
      `SELECT ru.room_id AS "roomId", ru.user_id AS "userId", least(k.seq, h.last_seq) AS seq,
         coalesce((SELECT m.n FROM messages m WHERE m.room_id = ru.room_id AND m.seq <= least(k.seq, h.last_seq)
           ORDER BY m.seq DESC LIMIT 1), 0) AS n
       FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) k (room_id, user_id, seq)
       JOIN room_users ru ON ru.room_id = k.room_id AND ru.user_id = k.user_id
       JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL JOIN room_heads h ON h.room_id = r.id`,
      [marks.map((mark) => mark.roomId), marks.map((mark) => mark.userId), marks.map((mark) => mark.seq)],
    );
  }

  private getReadStates(members: readonly MemberKey[]): Promise<(ReadStateView & MemberKey)[]> {
    return this.transactions.query(
      `SELECT ru.room_id AS "roomId", ru.user_id AS "userId", ru.last_read_seq AS "lastReadSeq",
         ${unreadCountSql('ru', 'h')} AS "unreadCount", ${mentionCountSql('ru')} AS "mentionCount"
       FROM unnest($1::uuid[], $2::uuid[]) k (room_id, user_id)
       JOIN room_users ru ON ru.room_id = k.room_id AND ru.user_id = k.user_id JOIN room_heads h ON h.room_id = ru.room_id`,
      [members.map((member) => member.roomId), members.map((member) => member.userId)],
    );
  }
}

/** Adds a mark to the queue, or its `seq` and waiters to the member's mark there. */
function merge(queue: Map<string, PendingMark>, mark: PendingMark): void {
  const known = queue.get(keyOf(mark));
  queue.set(keyOf(mark), known ? { ...known, seq: Math.max(known.seq, mark.seq), waiters: [...known.waiters, ...mark.waiters] } : mark);
}

function removeFirst(queue: Map<string, PendingMark>, count: number): PendingMark[] {
  const removed = [...queue.values()].slice(0, count);
  for (const mark of removed) queue.delete(keyOf(mark));
  return removed;
}
