import type { INestApplicationContext } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Epoch } from '../../database/epoch.js';
import { Transactions } from '../../database/transactions.js';
import { BlocksService } from '../../friends/blocks.service.js';
import { FriendImportRepository } from '../../friends/friend-import.repository.js';
import { MediaImportRepository } from '../../media/media-import.repository.js';
import { MessageDependentsImportRepository } from '../../messages/message-dependents-import.repository.js';
import { ReactionImportRepository } from '../../reactions/reaction-import.repository.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { BanRepository } from '../../room-access/ban.repository.js';
import { RoomImportRepository } from '../../room-access/room-import.repository.js';
import { AccountRooms } from '../../rooms/account-rooms.service.js';
import { MessageImportRepository } from '../../timeline/message-import.repository.js';
import { UserImportRepository } from '../../users/user-import.repository.js';
import { LockedRoom } from './locked-room.js';
import { ExistingRows } from './existing-rows.js';
import { MessageImporter } from './message-importer.js';
import { UserImporter } from './user-importer.js';
import type { Kind, ImportLine, TransferRecord } from './records.js';
import { RoomImporter } from './room-importer.js';

/** Rows that a step writes, and bytes of lines that it holds, at most; a single record may be more. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 4_000_000;

type ImportStep<K extends Kind> = (lines: readonly ImportLine<K>[]) => Promise<number>;
type Steps = { [K in Exclude<Kind, 'header' | 'end'>]: ImportStep<K> };

/** Of each kind: how many records came, and how many of them were new. */
export type ImportCounts = Map<Kind, { read: number; added: number }>;

/** Takes records over, in steps: neighbours of one kind, and of one room, a transaction each. */
export class ImportRunner {
  private readonly tally: ImportCounts = new Map();
  private readonly steps: Steps;
  private readonly rooms: RoomImporter;

  constructor(app: INestApplicationContext) {
    const transactions = app.get(Transactions);
    const existing = new ExistingRows(transactions);
    const [rooms, media] = [app.get(RoomImportRepository), app.get(MediaImportRepository)];
    const lockedRoom = new LockedRoom(app.get(RoomAccess), rooms, app.get(Epoch));
    const people = new UserImporter(existing, {
      ...{ transactions, media, settings: app.get(Settings), users: app.get(UserImportRepository) },
      ...{ friends: app.get(FriendImportRepository), blocks: app.get(BlocksService) },
    });
    this.rooms = new RoomImporter(existing, lockedRoom, {
      transactions,
      rooms,
      bans: app.get(BanRepository),
      accounts: app.get(AccountRooms),
    });
    const said = new MessageImporter(existing, lockedRoom, {
      ...{ messages: app.get(MessageImportRepository), media },
      ...{ reactions: app.get(ReactionImportRepository), remains: app.get(MessageDependentsImportRepository) },
    });
    this.steps = {
      user: (lines) => people.users(lines),
      media: (lines) => people.media(lines),
      friendship: (lines) => people.friendships(lines),
      block: (lines) => people.blocks(lines),
      room: (lines) => this.rooms.rooms(lines),
      message: (lines) => said.messages(lines),
      edit: (lines) => said.edits(lines),
      reaction: (lines) => said.reactions(lines),
      pin: (lines) => said.pins(lines),
      'room-user': (lines) => this.rooms.seats(lines),
      ban: (lines) => this.rooms.bans(lines),
    };
  }

  /** @throws CommandError naming line and field; the steps before stay done, and a second run passes over them */
  async run(lines: AsyncIterable<ImportLine>): Promise<ImportCounts> {
    let step: ImportLine[] = [];
    let rows = 0;
    let bytes = 0;
    for await (const line of lines) {
      const [first] = step;
      const weight = rowsOf(line.record);
      const full = rows + weight > MOST_ROWS || bytes + line.bytes > MOST_BYTES;
      if (first && (full || !belongTogether(first.record, line.record))) {
        await this.take(step);
        [step, rows, bytes] = [[], 0, 0];
      }
      step.push(line);
      rows += weight;
      bytes += line.bytes;
    }
    await this.take(step);
    await this.rooms.settle();
    return this.tally;
  }

  private async take(lines: readonly ImportLine[]): Promise<void> {
    const kind = lines[0]?.record.record;
    if (kind === undefined || kind === 'header' || kind === 'end') return;
    // All of them are of that kind: `belongTogether` saw to it.
    const added = await (this.steps[kind] as ImportStep<Kind>)(lines);
    const sum = this.tally.get(kind) ?? { read: 0, added: 0 };
    this.tally.set(kind, { read: sum.read + lines.length, added: sum.added + added });
  }
}

const roomIdOf = (record: TransferRecord): string | null => ('roomId' in record ? record.roomId : null);

const belongTogether = (a: TransferRecord, b: TransferRecord): boolean => a.record === b.record && roomIdOf(a) === roomIdOf(b);

/** Rows that are written for a record, with what it changes in others. */
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
