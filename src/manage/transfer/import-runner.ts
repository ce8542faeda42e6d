import type { INestApplicationContext } from '@nestjs/common';
import { Epoch } from '../../database/epoch.js';
import { Transactions } from '../../database/transactions.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { RoomImportRepository } from '../../room-access/room-import.repository.js';
import { LockedRoom } from './locked-room.js';
import { ExistingRows } from './existing-rows.js';
import { MessageImporter } from './message-importer.js';
import { UserImporter } from './user-importer.js';
import type { Kind, ImportLine, TransferRecord } from './records.js';
import { RoomImporter } from './room-importer.js';

/** The most rows that a step writes, and bytes of lines that it holds. A single record may exceed both. */
const MAX_ROWS = 1_000;
const MAX_BYTES = 4_000_000;

type ImportStep<K extends Kind> = (lines: readonly ImportLine<K>[]) => Promise<number>;
type Steps = { [K in Exclude<Kind, 'header' | 'end'>]: ImportStep<K> };

/** Of each kind: how many records the file has, and how many of them were new. */
export type ImportCounts = Map<Kind, { read: number; added: number }>;

/** Imports records in steps: adjacent records of one kind and one room, in one transaction. */
export class ImportRunner {
  private readonly counts: ImportCounts = new Map();
  private readonly steps: Steps;
  private readonly rooms: RoomImporter;

  constructor(app: INestApplicationContext) {
    const existing = new ExistingRows(app.get(Transactions));
    const lockedRoom = new LockedRoom(app.get(RoomAccess), app.get(RoomImportRepository), app.get(Epoch));
    const users = new UserImporter(app, existing);
    const rooms = new RoomImporter(app, existing, lockedRoom);
    const messages = new MessageImporter(app, existing, lockedRoom);
    this.rooms = rooms;
    this.steps = {
      user: (lines) => users.importUsers(lines),
      media: (lines) => users.importMedia(lines),
      friendship: (lines) => users.importFriendships(lines),
      block: (lines) => users.importBlocks(lines),
      room: (lines) => rooms.importRooms(lines),
      message: (lines) => messages.importMessages(lines),
      edit: (lines) => messages.importEdits(lines),
      reaction: (lines) => messages.importReactions(lines),
      pin: (lines) => messages.importPins(lines),
      'room-user': (lines) => rooms.importMembers(lines),
      ban: (lines) => rooms.importBans(lines),
    };
  }

  /** @throws CommandError naming line and field. Earlier steps stay committed; a second run skips what they inserted. */
  async importLines(lines: AsyncIterable<ImportLine>): Promise<ImportCounts> {
    let step: ImportLine[] = [];
    let rows = 0;
    let bytes = 0;
    for await (const line of lines) {
      const [first] = step;
      const lineRows = rowsOf(line.record);
      const full = rows + lineRows > MAX_ROWS || bytes + line.bytes > MAX_BYTES;
      if (first && (full || !belongTogether(first.record, line.record))) {
        await this.importStep(step);
        [step, rows, bytes] = [[], 0, 0];
      }
      step.push(line);
      rows += lineRows;
      bytes += line.bytes;
    }
    await this.importStep(step);
    await this.rooms.assignOwners();
    return this.counts;
  }

  private async importStep(lines: readonly ImportLine[]): Promise<void> {
    const kind = lines[0]?.record.record;
    if (kind === undefined || kind === 'header' || kind === 'end') return;
    // All lines are of that kind, by `belongTogether`.
    const added = await (this.steps[kind] as ImportStep<Kind>)(lines);
    const sum = this.counts.get(kind) ?? { read: 0, added: 0 };
    this.counts.set(kind, { read: sum.read + lines.length, added: sum.added + added });
  }
}

const roomIdOf = (record: TransferRecord): string | null => ('roomId' in record ? record.roomId : null);

const belongTogether = (a: TransferRecord, b: TransferRecord): boolean => a.record === b.record && roomIdOf(a) === roomIdOf(b);

/** Returns how many rows a record inserts and updates. */
function rowsOf(record: TransferRecord): number {
  switch (record.record) {
    case 'message':
      return 3 + record.mentions.length + 2 * record.mediaIds.length;
    case 'friendship':
      return 3;
    case 'user':
    case 'room':
    case 'reaction':
    case 'room-user':
      return 2;
    default:
      return 1;
  }
}
