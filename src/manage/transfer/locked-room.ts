import type { Epoch } from '../../database/epoch.js';
import type { RoomAccess } from '../../room-access/room-access.service.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { RoomImportRepository } from '../../room-access/room-import.repository.js';
import type { Room } from '../../room-access/room.entity.js';
import { rejectLine } from './reading.js';
import type { NumberedRecord } from './records.js';

/** What a step did: how many records were new, and the highest `rev` among them. */
export interface StepResult {
  added: number;
  rev?: number;
}

/** Runs steps inside a room under its head, and voids the sync cursors from before what they add. */
export class LockedRoom {
  /** Rooms that this import inserted: no client holds a sync cursor of them. */
  private readonly inserted = new Set<string>();
  private epochRenewed = false;

  constructor(
    private readonly access: RoomAccess,
    private readonly rooms: RoomImportRepository,
    private readonly epoch: Epoch,
  ) {}

  addInserted(roomIds: readonly string[]): void {
    for (const id of roomIds) this.inserted.add(id);
  }

  /** @param lines of one room, at least one  @returns how many records were new */
  async changeRoom(
    lines: readonly NumberedRecord<{ roomId: string }>[],
    work: (locked: { room: Room; head: RoomHead }) => Promise<StepResult>,
  ): Promise<number> {
    const [first] = lines;
    if (!first) return 0;
    const { roomId } = first.record;
    const known = !this.inserted.has(roomId);
    const count = await this.access.hold(roomId, async (locked) => {
      if (!locked) rejectLine(first.number, 'roomId', 'is an unknown room');
      const { added, rev = 0 } = await work(locked);
      if (added === 0) return 0;
      await this.rooms.resetLog(roomId, rev, known);
      if (known && !this.epochRenewed) await this.epoch.renewEpoch();
      return added;
    });
    this.epochRenewed ||= known && count > 0;
    return count;
  }
}
