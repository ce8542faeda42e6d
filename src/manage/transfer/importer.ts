import type { INestApplicationContext } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Epoch } from '../../database/epoch.js';
import { Transactions } from '../../database/transactions.js';
import { BlocksService } from '../../friends/blocks.service.js';
import { FriendImport } from '../../friends/friend-import.service.js';
import { MediaImport } from '../../media/media-import.service.js';
import { MessageRemainsImport } from '../../messages/changing/message-remains-import.service.js';
import { ReactionImport } from '../../reactions/reaction-import.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { RoomBans } from '../../room-access/room-bans.service.js';
import { RoomImport } from '../../room-access/room-import.service.js';
import { AccountRooms } from '../../rooms/account-rooms.service.js';
import { MessageImport } from '../../timeline/message-import.service.js';
import { UserImport } from '../../users/user-import.service.js';
import { HeldRoom } from './held-room.js';
import { KnownRows } from './known-rows.js';
import { MessageSteps } from './message-steps.js';
import { PeopleSteps } from './people-steps.js';
import type { Kind, Line, TransferRecord } from './records.js';
import { RoomSteps } from './room-steps.js';

/** Rows that a step writes, and bytes of lines that it holds, at most; a single record may be more. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 4_000_000;

type Step<K extends Kind> = (lines: readonly Line<K>[]) => Promise<number>;
type Steps = { [K in Exclude<Kind, 'header' | 'end'>]: Step<K> };

/** Of each kind: how many records came, and how many of them were new. */
export type Tally = Map<Kind, { read: number; added: number }>;

/** Takes records over, in steps: neighbours of one kind, and of one room, a transaction each. */
export class Importer {
  private readonly tally: Tally = new Map();
  private readonly steps: Steps;
  private readonly rooms: RoomSteps;

  constructor(app: INestApplicationContext) {
    const transactions = app.get(Transactions);
    const known = new KnownRows(transactions);
    const [rooms, media] = [app.get(RoomImport), app.get(MediaImport)];
    const held = new HeldRoom(app.get(RoomAccess), rooms, app.get(Epoch));
    const people = new PeopleSteps(known, {
      ...{ transactions, media, settings: app.get(Settings), users: app.get(UserImport) },
      ...{ friends: app.get(FriendImport), blocks: app.get(BlocksService) },
    });
    this.rooms = new RoomSteps(known, held, { transactions, rooms, bans: app.get(RoomBans), accounts: app.get(AccountRooms) });
    const said = new MessageSteps(known, held, {
      ...{ messages: app.get(MessageImport), media },
      ...{ reactions: app.get(ReactionImport), remains: app.get(MessageRemainsImport) },
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
  async run(lines: AsyncIterable<Line>): Promise<Tally> {
    let step: Line[] = [];
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

  private async take(lines: readonly Line[]): Promise<void> {
    const kind = lines[0]?.record.record;
    if (kind === undefined || kind === 'header' || kind === 'end') return;
    // All of them are of that kind: `belongTogether` saw to it.
    const added = await (this.steps[kind] as Step<Kind>)(lines);
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
