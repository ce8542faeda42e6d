import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';

/** When a table has its turn: children first, then messages, then what is derived from them, then the room's own rows. */
export const PURGE_PHASES = ['children', 'messages', 'derived', 'room'] as const;
export type PurgePhase = (typeof PURGE_PHASES)[number];

interface Purge {
  table: string;
  phase: PurgePhase;
  sql: string;
}

/**
 * What every module keeps of a room, and how it goes when the room is gone. Each module names its own tables when it starts; the job in
 * `rooms` empties them one after the other.
 */
@Injectable()
export class RoomPurge {
  private readonly purges = new Map<string, Purge>();

  constructor(private readonly transactions: Transactions) {}

  /**
   * @param table named once a process
   * @param sql takes away, by key, at most `$2` rows of the room `$1`, and returns a row for each
   */
  register(turn: PurgePhase, table: string, sql: string): void {
    if (this.purges.has(table)) throw new Error(`${table} is purged twice`);
    this.purges.set(table, { phase: turn, table, sql });
  }

  get tables(): readonly string[] {
    return [...this.purges.keys()];
  }

  /** One table after the other until `limit` rows went. True: nothing is left. */
  async step(roomId: string, limit: number): Promise<boolean> {
    const ordered = PURGE_PHASES.flatMap((turn) => [...this.purges.values()].filter((purge) => purge.phase === turn));
    let left = limit;
    for (const { sql } of ordered) {
      left -= (await this.transactions.query(sql, [roomId, left])).length;
      if (left <= 0) return false;
    }
    return true;
  }
}
