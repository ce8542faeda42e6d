import type { Transactions } from '../../database/transactions.js';
import { bitsOf } from '../../room-access/permission-set.policy.js';
import type { RoomBans } from '../../room-access/room-bans.service.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { ImportedRoom, ImportedSeat, RoomImport } from '../../room-access/room-import.service.js';
import type { Room } from '../../room-access/room.entity.js';
import type { AccountRooms } from '../../rooms/account-rooms.service.js';
import type { HeldRoom } from './held-room.js';
import { type KnownMessage, type KnownRoom, type KnownRows, type Mark, pairKey } from './known-rows.js';
import { refuse } from './reading.js';
import type { Line } from './records.js';

interface Services {
  transactions: Transactions;
  accounts: AccountRooms;
  rooms: RoomImport;
  bans: RoomBans;
}

/** Steps of rooms and of who sits in them; they answer how many records were new. What stands here already has the last word. */
export class RoomSteps {
  /** Rooms whose seats the file names. */
  private readonly seated = new Set<string>();

  constructor(
    private readonly known: KnownRows,
    private readonly room: HeldRoom,
    private readonly services: Services,
  ) {}

  async rooms(lines: readonly Line<'room'>[]): Promise<number> {
    const opened = await this.services.transactions.run(async () => {
      const here = await this.known.rooms(lines.flatMap(({ record: { id, teamId } }) => (teamId ? [id, teamId] : [id])));
      const fresh = lines.filter((line) => !isHere(line, here));
      await this.demandPeople(fresh);
      const pairs = await this.known.privateRooms(fresh.flatMap(({ record: { userIds, teamId } }) => (userIds ? { userIds, teamId } : [])));
      const rooms: ImportedRoom[] = [];
      for (const { number, record } of fresh) {
        const { id, type, teamId, userIds } = record;
        if (teamId !== null && here.get(teamId)?.type !== 'team') refuse(number, 'teamId', 'is no team that is here');
        if (userIds) {
          if (pairs.has(pairKey({ userIds, teamId }))) refuse(number, 'userIds', 'have another private room here');
          pairs.add(pairKey({ userIds, teamId }));
        }
        here.set(id, { id, type, deleted: record.deletedAt !== null });
        rooms.push({ ...record, updatedAt: record.updatedAt ?? record.createdAt });
      }
      return this.services.rooms.open(rooms);
    });
    this.room.opens(opened);
    return opened.length;
  }

  seats(lines: readonly Line<'room-user'>[]): Promise<number> {
    return this.room.change(lines, async ({ room, head }) => {
      this.seated.add(room.id);
      const userIds = lines.map(({ record }) => record.userId);
      const kept = await this.known.seated(room.id, userIds);
      for (const id of await this.services.bans.among(room.id, userIds)) kept.add(id);
      const fresh = lines.filter(({ record }) => !kept.has(record.userId) && kept.add(record.userId));
      await this.demandFit(room, fresh);
      const marks = await this.marks(room.id, fresh);
      const seats = fresh.map((line) => seatOf(line, head, marks));
      return { added: seats.length > 0 ? await this.services.rooms.seat(room.id, seats) : 0 };
    });
  }

  /** Once all are seated: no owner who rests stays one beside an heir. */
  settle(): Promise<void> {
    return this.services.accounts.settle([...this.seated]);
  }

  bans(lines: readonly Line<'ban'>[]): Promise<number> {
    return this.room.change(lines, async ({ room }) => {
      const userIds = lines.map(({ record }) => record.userId);
      const people = await this.known.users(userIds);
      const seated = await this.known.seated(room.id, userIds);
      for (const { number, record } of lines) if (!people.has(record.userId)) refuse(number, 'userId', 'is nobody who is here');
      const bans = lines.map(({ record }) => record).filter(({ userId }) => !seated.has(userId));
      return { added: bans.length > 0 ? await this.services.rooms.ban(room.id, bans) : 0 };
    });
  }

  private async demandPeople(lines: readonly Line<'room'>[]): Promise<void> {
    const people = await this.known.users(lines.flatMap(({ record: { createdBy, userIds } }) => [createdBy, ...(userIds ?? [])]));
    for (const { number, record } of lines) {
      if (!people.has(record.createdBy)) refuse(number, 'createdBy', 'is nobody who is here');
      if (record.userIds?.every((id) => people.has(id)) === false) refuse(number, 'userIds', 'names somebody who is not here');
    }
  }

  /** People who are here, the two of a private room alone, and one owner of any other. */
  private async demandFit(room: Room, lines: readonly Line<'room-user'>[]): Promise<void> {
    const people = await this.known.users(lines.map(({ record }) => record.userId));
    let owned = await this.known.hasOwner(room.id);
    for (const { number, record } of lines) {
      const { userId, role } = record;
      if (!people.has(userId)) refuse(number, 'userId', 'is nobody who is here');
      if (room.isPrivate && ![room.userLow, room.userHigh].includes(userId)) refuse(number, 'userId', 'is none of the two of the room');
      if (room.isPrivate && role !== 'member') refuse(number, 'role', 'must be member in a private room');
      if (role === 'owner' && owned) refuse(number, 'role', 'cannot be owner: the room has one');
      owned ||= role === 'owner';
    }
  }

  private async marks(roomId: string, lines: readonly Line<'room-user'>[]): Promise<Marks> {
    const named = lines.flatMap(({ record: { lastReadId, visibleAfterId } }) => [lastReadId, visibleAfterId]);
    return {
      messages: await this.known.messages(
        roomId,
        named.filter((id): id is string => typeof id === 'string'),
      ),
      own: await this.known.newestOf(
        roomId,
        lines.map(({ record }) => record.userId),
      ),
    };
  }
}

interface Marks {
  messages: Map<string, KnownMessage>;
  own: Map<string, Mark>;
}

const NOTHING: Mark = { seq: 0, n: 0 };

/** Whether the room is here; what it is there and here must be the same. */
function isHere({ number, record }: Line<'room'>, here: Map<string, KnownRoom>): boolean {
  const room = here.get(record.id);
  if (!room) return false;
  if (room.type !== record.type) refuse(number, 'type', `must be ${room.type}, as the room is here`);
  if (room.deleted && record.deletedAt === null) refuse(number, 'id', 'is of a room that was deleted here');
  return true;
}

/** A mark never lies below one's own newest message, nor below what one cannot see. */
function seatOf({ number, record }: Line<'room-user'>, head: RoomHead, { messages, own }: Marks): ImportedSeat {
  const at = (field: 'lastReadId' | 'visibleAfterId'): Mark => {
    const id = record[field];
    if (typeof id !== 'string') return NOTHING;
    return messages.get(id) ?? refuse(number, field, 'is no message of the room that came before');
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
