import type { Epoch } from '../../database/epoch.js';
import type { RoomAccess } from '../../room-access/room-access.service.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { RoomImportRepository } from '../../room-access/room-import.repository.js';
import type { Room } from '../../room-access/room.entity.js';
import { rejectLine } from './reading.js';
import type { NumberedRecord } from './records.js';

/** What a step did: how many records were new, and the highest rev among them. */
export interface Done {
  added: number;
  rev?: number;
}

/** Steps inside a room, under its head. What they bring, no cursor from before can be continued over. */
export class LockedRoom {
  /** Opened by this run: nobody holds a cursor of theirs. */
  private readonly opened = new Set<string>();
  private renewed = false;

  constructor(
    private readonly access: RoomAccess,
    private readonly rooms: RoomImportRepository,
    private readonly epoch: Epoch,
  ) {}

  opens(roomIds: readonly string[]): void {
    for (const id of roomIds) this.opened.add(id);
  }

  /** @param lines of one room, one at least */
  async change(
    lines: readonly NumberedRecord<{ roomId: string }>[],
    work: (held: { room: Room; head: RoomHead }) => Promise<Done>,
  ): Promise<number> {
    const [first] = lines;
    if (!first) return 0;
    const { roomId } = first.record;
    const known = !this.opened.has(roomId);
    const count = await this.access.hold(roomId, async (held) => {
      if (!held) rejectLine(first.number, 'roomId', 'is no room that is here');
      const { added, rev = 0 } = await work(held);
      if (added === 0) return 0;
      await this.rooms.resetLog(roomId, rev, known);
      if (known && !this.renewed) await this.epoch.renewEpoch();
      return added;
    });
    this.renewed ||= known && count > 0;
    return count;
  }
}
