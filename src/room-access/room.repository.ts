import { Injectable } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { AlreadyMember, RoomFull, TooManyRooms } from './room-access.errors.js';
import { RoomHead } from './room-head.entity.js';
import { RoomLog } from './room-log.service.js';
import { RoomSilence } from './room-silence.entity.js';
import { RoomMember } from './room-member.entity.js';
import { Room } from './room.entity.js';
import type { LogStep, RoomRole } from './room.types.js';

/** A user to be inserted as a member. */
export interface NewMember {
  userId: string;
  role?: RoomRole;
  /** Overrides, as bits. */
  allow?: number;
  deny?: number;
  /** When the user last sent a message here, in an earlier membership: slow mode continues from there. */
  lastSentAt?: Date | undefined;
}

/** What other members see of a member and may change. */
export type MemberValues = Pick<RoomMember, 'roomId' | 'userId' | 'role' | 'allow' | 'deny' | 'silencedUntil'>;

/** SQL: the account of the owner `u` is inactive. A deletion transfers ownership first, but an import may bring a deleted owner. */
const INACTIVE = `(u.deactivated_at IS NOT NULL OR u.deleted_at IS NOT NULL)`;

/**
 * The rows of rooms and members, with their steps of the change log. Checks no access and publishes no events: the use cases in `rooms` and
 * `room-users` do. Writing expects the transaction that has locked the room head, where nothing else is noted.
 */
@Injectable()
export class RoomRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: RoomLog,
    private readonly settings: Settings,
  ) {}

  /** Inserts a room and its head. Locks nothing: no other transaction can see the room before the commit. */
  async insertRoom(fields: Partial<Room> & Pick<Room, 'type' | 'createdBy'>): Promise<{ room: Room; head: RoomHead }> {
    const { manager } = this.transactions;
    const id = newId();
    await manager.insert(Room, { id, ...fields });
    await manager.insert(RoomHead, { roomId: id });
    return { room: await manager.findOneByOrFail(Room, { id }), head: await manager.findOneByOrFail(RoomHead, { roomId: id }) };
  }

  /** Writes the changed fields of the room, as a step of the log. */
  async updateRoom(room: Room): Promise<LogStep> {
    room.updatedAt = new Date();
    await this.transactions.manager.save(room);
    return this.log.recordChanges(room.id, 'room', [room.id]);
  }

  /** Requires that all of the users can be added. Expects also the locked user heads. @throws AlreadyMember, RoomFull, TooManyRooms */
  async requireCapacity({ id, type }: Room, { memberCount }: RoomHead, userIds: readonly string[]): Promise<void> {
    const { maxMembers, maxPerUser } = this.settings.rooms;
    const [users] = await this.transactions.query<{ member: boolean; full: boolean }>(
      `SELECT bool_or(EXISTS (SELECT 1 FROM room_users ru WHERE ru.room_id = $1 AND ru.user_id = id)) AS member,
         bool_or((SELECT count(*) FROM (SELECT 1 FROM room_users ru WHERE ru.user_id = id LIMIT $3) counted) >= $3) AS full
       FROM unnest($2::uuid[]) AS id`,
      [id, userIds, maxPerUser],
    );
    if (users?.member) throw new AlreadyMember();
    if (type !== 'channel' && memberCount + userIds.length > maxMembers) throw new RoomFull();
    if (users?.full) throw new TooManyRooms();
  }

  /**
   * Inserts members at the end of the room: nothing is unread, and under `since_joined` no earlier message is visible. Restores kept
   * silences that are in force.
   * @param newMembers 1..100, none of them a member  @param logged false for readers of a channel, who are not in the change log
   */
  async insertMembers(room: Room, newMembers: readonly NewMember[], createdBy: string | null, logged = true): Promise<LogStep> {
    const userIds = newMembers.map((newMember) => newMember.userId);
    const step = logged ? await this.log.recordChanges(room.id, 'room-user', userIds) : await this.log.currentStep(room.id);
    const [head] = await this.transactions.query<{ last_seq: number; last_n: number }>(
      `UPDATE room_heads SET member_count = member_count + $2 WHERE room_id = $1 RETURNING last_seq, last_n`,
      [room.id, newMembers.length],
    );
    if (!head) throw new Error(`room ${room.id} has no head`);
    const silences = await this.takeKeptSilences(room.id, userIds);
    const rows = newMembers.map((newMember, index) => ({
      ...newMember,
      roomId: room.id,
      createdBy,
      joinedRev: logged ? step.prevRev + index + 1 : step.rev,
      visibleFromSeq: room.historyVisibility === 'since_joined' ? head.last_seq + 1 : 1,
      lastReadSeq: head.last_seq,
      lastReadN: head.last_n,
      silencedUntil: silences.get(newMember.userId) ?? null,
    }));
    await this.transactions.manager.insert(RoomMember, rows);
    return step;
  }

  /**
   * Deletes a member, raises the fence and notifies every process. Keeps a silence that is in force.
   * @param userId of a member  @param logged false for a reader of a channel
   */
  async deleteMember(roomId: string, userId: string, logged = true): Promise<LogStep> {
    await this.transactions.query(
      `WITH gone AS (DELETE FROM room_users WHERE room_id = $1 AND user_id = $2 RETURNING room_id, user_id, silenced_until)
       INSERT INTO room_silences (room_id, user_id, until)
       SELECT room_id, user_id, silenced_until FROM gone WHERE silenced_until > clock_timestamp()
       ON CONFLICT (room_id, user_id) DO UPDATE SET until = excluded.until`,
      [roomId, userId],
    );
    await this.transactions.manager.decrement(RoomHead, { roomId }, 'memberCount', 1);
    const step = logged ? await this.log.recordChanges(roomId, 'room-user', [userId]) : await this.log.currentStep(roomId);
    return { ...step, fence: await this.log.raiseFence(roomId, [userId]) };
  }

  /** Writes what other members see of a member (role, overrides, silence), as a step of the log if `logged`. */
  async updateMemberRow({ roomId, userId, role, allow, deny, silencedUntil }: MemberValues, logged: boolean): Promise<LogStep> {
    await this.transactions.manager.update(RoomMember, { roomId, userId }, { role, allow, deny, silencedUntil });
    return logged ? this.log.recordChanges(roomId, 'room-user', [userId]) : this.log.currentStep(roomId);
  }

  /** Returns the end of a former member's kept silence; null if none is in force. */
  async findKeptSilence(roomId: string, userId: string): Promise<Date | null> {
    const kept = await this.transactions.manager.findOneBy(RoomSilence, { roomId, userId });
    return kept && kept.until.getTime() > Date.now() ? kept.until : null;
  }

  /** Changes a kept silence; null deletes it. */
  async saveKeptSilence(roomId: string, userId: string, until: Date | null): Promise<void> {
    const { manager } = this.transactions;
    if (until) await manager.update(RoomSilence, { roomId, userId }, { until });
    else await manager.delete(RoomSilence, { roomId, userId });
  }

  /** Deletes the kept silences of a user in all rooms. Needs no lock. */
  async deleteKeptSilences(userId: string): Promise<void> {
    await this.transactions.manager.delete(RoomSilence, { userId });
  }

  /**
   * Writes what only the member sees, without a step of the log. Expects the locked user head, not the room head. Returns false if the user
   * is not a member.
   */
  async updatePreferences(
    roomId: string,
    userId: string,
    preferences: Partial<Pick<RoomMember, 'muted' | 'pinned' | 'archived' | 'draft'>>,
  ): Promise<boolean> {
    const { affected } = await this.transactions.manager.update(RoomMember, { roomId, userId }, preferences);
    return (affected ?? 0) > 0;
  }

  /** Deletes the drafts of a user in all rooms. Needs no lock: only the user sees them. */
  async clearDrafts(userId: string): Promise<void> {
    await this.transactions.manager.update(RoomMember, { userId, draft: Not(IsNull()) }, { draft: null });
  }

  /** Returns the ids of the room's members; null if there are more than `limit`. */
  async findMemberIds(roomId: string, limit: number): Promise<string[] | null> {
    const members = await this.transactions.manager.find(RoomMember, { select: { userId: true }, where: { roomId }, take: limit + 1 });
    return members.length > limit ? null : members.map(({ userId }) => userId);
  }

  findMember(roomId: string, userId: string): Promise<RoomMember | null> {
    return this.transactions.manager.findOneBy(RoomMember, { roomId, userId });
  }

  /** Returns the user's memberships of these rooms, by room. */
  async findMemberships(userId: string, roomIds: readonly string[]): Promise<Map<string, RoomMember>> {
    return byRoom(await this.transactions.manager.findBy(RoomMember, { userId, roomId: In([...roomIds]) }));
  }

  /** Returns ids of the rooms, except private ones, of which the user is a member (`owned`: the owner), in id order after `after`. */
  async findRoomIds(userId: string, { owned, after, limit }: { owned: boolean; after: string | null; limit: number }): Promise<string[]> {
    const rows = await this.transactions.query<{ room_id: string }>(
      `SELECT ru.room_id FROM room_users ru JOIN rooms r ON r.id = ru.room_id
       WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id > $2) AND (NOT $3 OR ru.role = 'owner')
         AND r.deleted_at IS NULL AND r.type <> 'private_messages' ORDER BY ru.room_id LIMIT $4`,
      [userId, after, owned, limit],
    );
    return rows.map((row) => row.room_id);
  }

  /**
   * Returns the successor in each room, by room: the longest-serving admin, else member, with an active account; else, unless `activeOnly`,
   * one with a deactivated account. @param roomIds at most 100  @param except the user whom the successor replaces
   */
  async findSuccessors(
    roomIds: readonly string[],
    { except, activeOnly }: { except?: string; activeOnly: boolean },
  ): Promise<Map<string, RoomMember>> {
    if (roomIds.length === 0) return new Map();
    const rows = await this.transactions.query<{ room_id: string; user_id: string }>(
      `SELECT r.id AS room_id, successor.user_id FROM unnest($1::uuid[]) AS r (id), LATERAL (
         SELECT ru.user_id FROM room_users ru JOIN users u ON u.id = ru.user_id
         WHERE ru.room_id = r.id AND ru.user_id IS DISTINCT FROM $2::uuid AND u.deleted_at IS NULL AND (NOT $3 OR u.deactivated_at IS NULL)
         ORDER BY u.deactivated_at IS NOT NULL, ru.role <> 'admin', ru.joined_at, ru.user_id LIMIT 1) successor`,
      [roomIds, except ?? null, activeOnly],
    );
    return this.loadByRoom(rows);
  }

  /** Returns ids of the rooms with an inactive owner of which the user is a member, in id order after `after`. */
  async findRoomIdsWithInactiveOwner(userId: string, { after, limit }: { after: string | null; limit: number }): Promise<string[]> {
    const rows = await this.transactions.query<{ room_id: string }>(
      `SELECT ru.room_id FROM room_users ru JOIN rooms r ON r.id = ru.room_id
         JOIN room_users o ON o.room_id = ru.room_id AND o.role = 'owner' JOIN users u ON u.id = o.user_id
       WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id > $2) AND ru.role <> 'owner' AND r.deleted_at IS NULL
         AND ${INACTIVE} ORDER BY ru.room_id LIMIT $3`,
      [userId, after, limit],
    );
    return rows.map((row) => row.room_id);
  }

  /** Returns the inactive owners of these rooms, by room. @param roomIds at most 100 */
  async findInactiveOwners(roomIds: readonly string[]): Promise<Map<string, RoomMember>> {
    const rows = await this.transactions.query<{ room_id: string; user_id: string }>(
      `SELECT o.room_id, o.user_id FROM room_users o JOIN users u ON u.id = o.user_id
       WHERE o.room_id = ANY ($1::uuid[]) AND o.role = 'owner' AND ${INACTIVE}`,
      [roomIds],
    );
    return this.loadByRoom(rows);
  }

  /** Marks the room as deleted and returns the raised fence. RoomPurge deletes its rows. */
  async markRoomDeleted(room: Room): Promise<number> {
    room.deletedAt = new Date();
    await this.transactions.manager.update(Room, { id: room.id }, { deletedAt: room.deletedAt });
    return this.log.raiseFence(room.id, null);
  }

  /** Deletes the kept silences of these users and returns those in force. */
  async takeKeptSilences(roomId: string, userIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.transactions.query<{ user_id: string; until: Date }>(
      `WITH taken AS (DELETE FROM room_silences WHERE room_id = $1 AND user_id = ANY ($2::uuid[]) RETURNING user_id, until)
       SELECT user_id, until FROM taken WHERE until > clock_timestamp()`,
      [roomId, userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.until]));
  }

  /** Loads members, at most one of each room. */
  private async loadByRoom(rows: readonly { room_id: string; user_id: string }[]): Promise<Map<string, RoomMember>> {
    if (rows.length === 0) return new Map();
    const where = rows.map((row) => ({ roomId: row.room_id, userId: row.user_id }));
    return byRoom(await this.transactions.manager.findBy(RoomMember, where));
  }
}

const byRoom = (members: readonly RoomMember[]): Map<string, RoomMember> => new Map(members.map((member) => [member.roomId, member]));
