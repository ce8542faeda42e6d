import type { Transactions } from '../../database/transactions.js';
import { bitsOf } from '../../room-access/permission-set.policy.js';
import type { BanRepository } from '../../room-access/ban.repository.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { ImportedRoom, ImportedMember, RoomImportRepository } from '../../room-access/room-import.repository.js';
import type { Room } from '../../room-access/room.entity.js';
import type { AccountRooms } from '../../rooms/account-rooms.service.js';
import type { LockedRoom } from './locked-room.js';
import { type KnownMessage, type KnownRoom, type ExistingRows, type MessagePlace, pairKey } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine } from './records.js';

interface RoomServices {
  transactions: Transactions;
  accounts: AccountRooms;
  rooms: RoomImportRepository;
  bans: BanRepository;
}

/** Steps of rooms and of who sits in them; they answer how many records were new. What stands here already has the last word. */
export class RoomImporter {
  /** Rooms whose seats the file names. */
  private readonly seated = new Set<string>();

  constructor(
    private readonly existing: ExistingRows,
    private readonly room: LockedRoom,
    private readonly services: RoomServices,
  ) {}

  async rooms(lines: readonly ImportLine<'room'>[]): Promise<number> {
    const opened = await this.services.transactions.run(async () => {
      const here = await this.existing.rooms(lines.flatMap(({ record: { id, teamId } }) => (teamId ? [id, teamId] : [id])));
      const fresh = lines.filter((line) => !isHere(line, here));
      await this.demandPeople(fresh);
      const pairs = await this.existing.privateRooms(
        fresh.flatMap(({ record: { userIds, teamId } }) => (userIds ? { userIds, teamId } : [])),
      );
      const rooms: ImportedRoom[] = [];
      for (const { number, record } of fresh) {
        const { id, type, teamId, userIds } = record;
        if (teamId !== null && here.get(teamId)?.type !== 'team') rejectLine(number, 'teamId', 'is no team that is here');
        if (userIds) {
          if (pairs.has(pairKey({ userIds, teamId }))) rejectLine(number, 'userIds', 'have another private room here');
          pairs.add(pairKey({ userIds, teamId }));
        }
        here.set(id, { id, type, deleted: record.deletedAt !== null });
        rooms.push({ ...record, updatedAt: record.updatedAt ?? record.createdAt });
      }
      return this.services.rooms.importRooms(rooms);
    });
    this.room.opens(opened);
    return opened.length;
  }

  seats(lines: readonly ImportLine<'room-user'>[]): Promise<number> {
    return this.room.change(lines, async ({ room, head }) => {
      this.seated.add(room.id);
      const userIds = lines.map(({ record }) => record.userId);
      const kept = await this.existing.seated(room.id, userIds);
      for (const id of await this.services.bans.findBanned(room.id, userIds)) kept.add(id);
      const fresh = lines.filter(({ record }) => !kept.has(record.userId) && kept.add(record.userId));
      await this.demandFit(room, fresh);
      const marks = await this.marks(room.id, fresh);
      const seats = fresh.map((line) => seatOf(line, head, marks));
      return { added: seats.length > 0 ? await this.services.rooms.importMembers(room.id, seats) : 0 };
    });
  }

  /** Once all are seated: no owner who rests stays one beside an heir. */
  settle(): Promise<void> {
    return this.services.accounts.assignImportedOwners([...this.seated]);
  }

  bans(lines: readonly ImportLine<'ban'>[]): Promise<number> {
    return this.room.change(lines, async ({ room }) => {
      const userIds = lines.map(({ record }) => record.userId);
      const people = await this.existing.users(userIds);
      const seated = await this.existing.seated(room.id, userIds);
      for (const { number, record } of lines) if (!people.has(record.userId)) rejectLine(number, 'userId', 'is nobody who is here');
      const bans = lines.map(({ record }) => record).filter(({ userId }) => !seated.has(userId));
      return { added: bans.length > 0 ? await this.services.rooms.importBans(room.id, bans) : 0 };
    });
  }

  private async demandPeople(lines: readonly ImportLine<'room'>[]): Promise<void> {
    const people = await this.existing.users(lines.flatMap(({ record: { createdBy, userIds } }) => [createdBy, ...(userIds ?? [])]));
    for (const { number, record } of lines) {
      if (!people.has(record.createdBy)) rejectLine(number, 'createdBy', 'is nobody who is here');
      if (record.userIds?.every((id) => people.has(id)) === false) rejectLine(number, 'userIds', 'names somebody who is not here');
    }
  }

  /** People who are here, the two of a private room alone, and one owner of any other. */
  private async demandFit(room: Room, lines: readonly ImportLine<'room-user'>[]): Promise<void> {
    const people = await this.existing.users(lines.map(({ record }) => record.userId));
    let owned = await this.existing.hasOwner(room.id);
    for (const { number, record } of lines) {
      const { userId, role } = record;
      if (!people.has(userId)) rejectLine(number, 'userId', 'is nobody who is here');
      if (room.isPrivate && ![room.userLow, room.userHigh].includes(userId)) rejectLine(number, 'userId', 'is none of the two of the room');
      if (room.isPrivate && role !== 'member') rejectLine(number, 'role', 'must be member in a private room');
      if (role === 'owner' && owned) rejectLine(number, 'role', 'cannot be owner: the room has one');
      owned ||= role === 'owner';
    }
  }

  private async marks(roomId: string, lines: readonly ImportLine<'room-user'>[]): Promise<Marks> {
    const named = lines.flatMap(({ record: { lastReadId, visibleAfterId } }) => [lastReadId, visibleAfterId]);
    return {
      messages: await this.existing.messages(
        roomId,
        named.filter((id): id is string => typeof id === 'string'),
      ),
      own: await this.existing.newestOf(
        roomId,
        lines.map(({ record }) => record.userId),
      ),
    };
  }
}

interface Marks {
  messages: Map<string, KnownMessage>;
  own: Map<string, MessagePlace>;
}

const NOTHING: MessagePlace = { seq: 0, n: 0 };

/** Whether the room is here; what it is there and here must be the same. */
function isHere({ number, record }: ImportLine<'room'>, here: Map<string, KnownRoom>): boolean {
  const room = here.get(record.id);
  if (!room) return false;
  if (room.type !== record.type) rejectLine(number, 'type', `must be ${room.type}, as the room is here`);
  if (room.deleted && record.deletedAt === null) rejectLine(number, 'id', 'is of a room that was deleted here');
  return true;
}

/** A mark never lies below one's own newest message, nor below what one cannot see. */
function seatOf({ number, record }: ImportLine<'room-user'>, head: RoomHead, { messages, own }: Marks): ImportedMember {
  const at = (field: 'lastReadId' | 'visibleAfterId'): MessagePlace => {
    const id = record[field];
    if (typeof id !== 'string') return NOTHING;
    return messages.get(id) ?? rejectLine(number, field, 'is no message of the room that came before');
  };
  const hidden = at('visibleAfterId');
  const read = record.lastReadId === undefined ? { seq: head.lastSeq, n: head.lastN } : at('lastReadId');
  const mark = [read, own.get(record.userId) ?? NOTHING, hidden].reduce((a, b) => (b.seq > a.seq ? b : a));
  return {
    ...record,
    allow: bitsOf(record.allow),
    deny: bitsOf(record.deny),
    visibleFromSeq: hidden.seq + 1,
    lastReadSeq: mark.seq,
    lastReadN: mark.n,
  };
}
