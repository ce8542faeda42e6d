import type { INestApplicationContext } from '@nestjs/common';
import { Transactions } from '../../database/transactions.js';
import { bitsOf } from '../../room-access/permission-set.policy.js';
import { BanRepository } from '../../room-access/ban.repository.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import { type ImportedMember, RoomImportRepository } from '../../room-access/room-import.repository.js';
import type { Room } from '../../room-access/room.entity.js';
import { AccountRooms } from '../../rooms/account-rooms.service.js';
import type { LockedRoom } from './locked-room.js';
import { type ExistingRows, type KnownMessage, type KnownRoom, type MessagePlace, newLines, pairKey } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine } from './records.js';

/** Imports rooms, members and bans. Each method is a step, and returns how many records were new. What exists here stays unchanged. */
export class RoomImporter {
  /** Rooms of which the file has members. */
  private readonly roomsWithMembers = new Set<string>();
  private readonly bans: BanRepository;
  private readonly rooms: RoomImportRepository;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly existing: ExistingRows,
    private readonly room: LockedRoom,
  ) {
    this.bans = app.get(BanRepository);
    this.rooms = app.get(RoomImportRepository);
  }

  async importRooms(lines: readonly ImportLine<'room'>[]): Promise<number> {
    const inserted = await this.app.get(Transactions).run(async () => {
      const known = await this.existing.findRooms(lines.flatMap(({ record: { id, teamId } }) => (teamId ? [id, teamId] : [id])));
      const added = lines.filter((line) => !isKnown(line, known));
      await this.existing.requireUsers(added, 'createdBy', 'userIds');
      const pairs = await this.existing.findPrivateRooms(
        added.flatMap(({ record: { userIds, teamId } }) => (userIds ? { userIds, teamId } : [])),
      );
      for (const { number, record } of added) {
        const { id, type, teamId, userIds } = record;
        if (teamId !== null && known.get(teamId)?.type !== 'team') rejectLine(number, 'teamId', 'is an unknown team');
        if (userIds) {
          if (pairs.has(pairKey({ userIds, teamId }))) rejectLine(number, 'userIds', 'already have another private room');
          pairs.add(pairKey({ userIds, teamId }));
        }
        known.set(id, { id, type, deleted: record.deletedAt !== null });
      }
      return this.rooms.importRooms(added.map(({ record }) => ({ ...record, updatedAt: record.updatedAt ?? record.createdAt })));
    });
    this.room.addInserted(inserted);
    return inserted.length;
  }

  importMembers(lines: readonly ImportLine<'room-user'>[]): Promise<number> {
    return this.room.changeRoom(lines, async ({ room, head }) => {
      this.roomsWithMembers.add(room.id);
      const userIds = lines.map(({ record }) => record.userId);
      const members = await this.existing.findMemberIds(room.id, userIds);
      const banned = await this.bans.findBanned(room.id, userIds);
      const added = newLines(lines, ({ userId }) => userId, [...members, ...banned]);
      await this.requireValidMembers(room, added);
      const places = await this.findPlaces(room.id, added);
      const rows = added.map((line) => memberOf(line, head, places));
      return { added: rows.length > 0 ? await this.rooms.importMembers(head, rows) : 0 };
    });
  }

  /** Makes a successor the owner where the imported owner is inactive. Runs after all members are imported. */
  assignOwners(): Promise<void> {
    return this.app.get(AccountRooms).assignImportedOwners([...this.roomsWithMembers]);
  }

  importBans(lines: readonly ImportLine<'ban'>[]): Promise<number> {
    return this.room.changeRoom(lines, async ({ room }) => {
      await this.existing.requireUsers(lines, 'userId');
      const members = await this.existing.findMemberIds(
        room.id,
        lines.map(({ record }) => record.userId),
      );
      const bans = lines.map(({ record }) => record).filter(({ userId }) => !members.has(userId));
      return { added: await this.bans.importBans(bans) };
    });
  }

  /** Requires known users, in a private room its two members, and at most one owner. */
  private async requireValidMembers(room: Room, lines: readonly ImportLine<'room-user'>[]): Promise<void> {
    await this.existing.requireUsers(lines, 'userId');
    let hasOwner = await this.existing.hasOwner(room.id);
    for (const { number, record } of lines) {
      const { userId, role } = record;
      if (room.isPrivate && ![room.userLow, room.userHigh].includes(userId))
        rejectLine(number, 'userId', 'is not a member of the private room');
      if (room.isPrivate && role !== 'member') rejectLine(number, 'role', 'must be member in a private room');
      if (role === 'owner' && hasOwner) rejectLine(number, 'role', 'cannot be owner: the room already has an owner');
      hasOwner ||= role === 'owner';
    }
  }

  private async findPlaces(roomId: string, lines: readonly ImportLine<'room-user'>[]): Promise<Places> {
    const named = lines.flatMap(({ record: { lastReadId, visibleAfterId } }) => [lastReadId, visibleAfterId]);
    const userIds = lines.map(({ record }) => record.userId);
    return {
      messages: await this.existing.findMessages(
        roomId,
        named.filter((id) => typeof id === 'string'),
      ),
      own: await this.existing.findNewestPlaces(roomId, userIds),
    };
  }
}

interface Places {
  messages: Map<string, KnownMessage>;
  /** By user, of the user's newest message. */
  own: Map<string, MessagePlace>;
}

const START: MessagePlace = { seq: 0, n: 0 };

/** Whether the room exists here. Rejects a line that contradicts it. */
function isKnown({ number, record }: ImportLine<'room'>, known: Map<string, KnownRoom>): boolean {
  const room = known.get(record.id);
  if (!room) return false;
  if (room.type !== record.type) rejectLine(number, 'type', `must be ${room.type}, the type of the existing room`);
  if (room.deleted && record.deletedAt === null) rejectLine(number, 'id', 'is a deleted room of this installation');
  return true;
}

/** The read mark is never below the user's own newest message, nor below the first visible one. */
function memberOf({ number, record }: ImportLine<'room-user'>, head: RoomHead, { messages, own }: Places): ImportedMember {
  const placeOf = (field: 'lastReadId' | 'visibleAfterId'): MessagePlace => {
    const id = record[field];
    if (typeof id !== 'string') return START;
    return messages.get(id) ?? rejectLine(number, field, 'is not an earlier message of the room');
  };
  const hidden = placeOf('visibleAfterId');
  const read = record.lastReadId === undefined ? { seq: head.lastSeq, n: head.lastN } : placeOf('lastReadId');
  const mark = [read, own.get(record.userId) ?? START, hidden].reduce((a, b) => (b.seq > a.seq ? b : a));
  return {
    ...record,
    allow: bitsOf(record.allow),
    deny: bitsOf(record.deny),
    visibleFromSeq: hidden.seq + 1,
    lastReadSeq: mark.seq,
    lastReadN: mark.n,
  };
}
