import { Injectable } from '@nestjs/common';

/** Takes away at most `limit` rows of a room; answers how many it took. */
export type Purge = (roomId: string, limit: number) => Promise<number>;

/**
 * What every module keeps of a room, and how it goes when the room is gone. Each module names its own tables when it starts; the job in
 * `rooms` empties them, highest module first, so that children go before what they hang on.
 */
@Injectable()
export class RoomPurge {
  private readonly purges = new Map<string, Purge>();

  /** @param table the one whose rows it takes, once a process */
  register(table: string, purge: Purge): void {
    if (this.purges.has(table)) throw new Error(`${table} is purged twice`);
    this.purges.set(table, purge);
  }

  get tables(): readonly string[] {
    return [...this.purges.keys()];
  }

  /** One table after the other until `limit` rows went. True: nothing is left. */
  async step(roomId: string, limit: number): Promise<boolean> {
    let left = limit;
    for (const purge of [...this.purges.values()].reverse()) {
      left -= await purge(roomId, left);
      if (left <= 0) return false;
    }
    return true;
  }
}
