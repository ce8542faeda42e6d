import { Injectable } from '@nestjs/common';
import { Semaphore } from '../common/semaphore.js';
import { Settings } from '../config/settings.js';
import { LockTimeout } from '../database/database-errors.js';
import { Transactions } from '../database/transactions.js';

/** Two transactions per room: one runs, one already waits for the row lock, which saves a round trip. */
const TRANSACTIONS_PER_ROOM = 2;

/**
 * A keyed semaphore: changes of one room wait for each other here, not in the database. So a contended room holds a few connections of the
 * pool, never all of them.
 */
@Injectable()
export class RoomSemaphore {
  private readonly rooms = new Map<string, Semaphore>();

  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** Runs `work` in a transaction, first come, first served; within a transaction at once. @throws LockTimeout */
  async runInRoom<T>(roomId: string, work: () => Promise<T>): Promise<T> {
    if (this.transactions.inTransaction) return work();
    const semaphore = this.rooms.get(roomId) ?? new Semaphore(TRANSACTIONS_PER_ROOM);
    this.rooms.set(roomId, semaphore);
    try {
      return await semaphore.run(() => this.transactions.run(work), {
        ms: this.settings.database.patienceMs,
        error: () => new LockTimeout(),
      });
    } finally {
      if (semaphore.size === 0 && this.rooms.get(roomId) === semaphore) this.rooms.delete(roomId);
    }
  }
}
