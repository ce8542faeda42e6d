import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LockTimeout } from '../database/database-errors.js';
import { Transactions } from '../database/transactions.js';

/** One writes, and the next stands at the lock, so that no round trip is waited for in between. */
const AT_ONCE = 2;

interface Slots {
  taken: number;
  readonly waiting: Set<() => void>;
}

/**
 * The changes of one room wait for each other here, without a connection, and not in the database: a room that is held, or hot, may hold a
 * few connections of the pool, never all of them.
 */
@Injectable()
export class RoomSemaphore {
  private readonly rooms = new Map<string, Slots>();

  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** Runs `work` in a transaction, when it is the room's turn: first come, first served. Within a transaction, at once. @throws LockTimeout */
  async runInRoom<T>(roomId: string, work: () => Promise<T>): Promise<T> {
    if (this.transactions.open) return work();
    const turns = this.rooms.get(roomId) ?? { taken: 0, waiting: new Set() };
    this.rooms.set(roomId, turns);
    if (turns.taken === AT_ONCE) await this.wait(turns);
    else turns.taken++;
    try {
      return await this.transactions.run(work);
    } finally {
      this.pass(roomId, turns);
    }
  }

  private wait({ waiting }: Slots): Promise<void> {
    return new Promise((resolve, reject) => {
      const called = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(called);
        reject(new LockTimeout());
      }, this.settings.database.patienceMs);
      waiting.add(called);
    });
  }

  /** The turn goes to who waits longest. */
  private pass(roomId: string, turns: Slots): void {
    const [next] = turns.waiting;
    if (next) {
      turns.waiting.delete(next);
      next();
    } else if (--turns.taken === 0) this.rooms.delete(roomId);
  }
}
