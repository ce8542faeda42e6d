import type { Epoch } from '../../database/epoch.js';
import type { RoomAccess } from '../../room-access/room-access.service.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { RoomImport } from '../../room-access/room-import.service.js';
import type { Room } from '../../room-access/room.entity.js';
import { refuse } from './reading.js';
import type { Placed } from './records.js';

/** What a step did: how many records were new, and the highest rev among them. */
export interface Done {
  added: number;
  rev?: number;
}

/** Steps inside a room, under its head. What they bring, no cursor from before can be continued over. */
export class HeldRoom {
  /** Opened by this run: nobody holds a cursor of theirs. */
  private readonly opened = new Set<string>();
  private renewed = false;

  constructor(
    private readonly access: RoomAccess,
    private readonly rooms: RoomImport,
    private readonly epoch: Epoch,
  ) {}

  opens(roomIds: readonly string[]): void {
    for (const id of roomIds) this.opened.add(id);
  }

  /** @param lines of one room, one at least */
  async change(
    lines: readonly Placed<{ roomId: string }>[],
    work: (held: { room: Room; head: RoomHead }) => Promise<Done>,
  ): Promise<number> {
    const [first] = lines;
    if (!first) return 0;
    const { roomId } = first.record;
    const known = !this.opened.has(roomId);
    const count = await this.access.hold(roomId, async (held) => {
      if (!held) refuse(first.number, 'roomId', 'is no room that is here');
      const { added, rev = 0 } = await work(held);
      if (added === 0) return 0;
      await this.rooms.cutLog(roomId, rev, known);
      if (known && !this.renewed) await this.epoch.renew();
      return added;
    });
    this.renewed ||= known && count > 0;
    return count;
  }
}
