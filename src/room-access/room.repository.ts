import { Injectable, type OnModuleInit } from '@nestjs/common';
import { In } from 'typeorm';
import { newId } from '../common/ids.js';
import { Transactions } from '../database/transactions.js';
import { RoomHead } from './room-head.entity.js';
import { RoomLog } from './room-log.service.js';
import { RoomPurge } from './room-purge.service.js';
import { RoomSilence } from './room-silence.entity.js';
import { RoomMember } from './room-member.entity.js';
import { Room } from './room.entity.js';
import type { LogStep, RoomRole } from './room.types.js';

/** Somebody who is to sit in a room. */
export interface NewMember {
  userId: string;
  role?: RoomRole;
  /** Bits beyond, and taken from, the role's preset. */
  allow?: number;
  deny?: number;
  /** When they last said something here, in an earlier life in the room: slow mode goes on from there. */
  lastSentAt?: Date | undefined;
}

/** SQL: the account `u` is nobody's who could act. That of an owner ends only with an heir; an import brings one that ended all the same. */
const AT_REST = `(u.deactivated_at IS NOT NULL OR u.deleted_at IS NOT NULL)`;

/** Each takes some rows of a room that is gone, by key. */
const PURGES = {
  room_users: `DELETE FROM room_users WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_users WHERE room_id = $1 ORDER BY user_id LIMIT $2)) RETURNING 1`,
  room_bans: `DELETE FROM room_bans WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_bans WHERE room_id = $1 ORDER BY user_id LIMIT $2)) RETURNING 1`,
  room_silences: `DELETE FROM room_silences WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_silences WHERE room_id = $1 ORDER BY user_id LIMIT $2)) RETURNING 1`,
  room_changes: `DELETE FROM room_changes WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_changes WHERE room_id = $1 ORDER BY rev LIMIT $2)) RETURNING 1`,
  room_audit: `DELETE FROM room_audit WHERE room_id = $1 AND ctid = ANY (ARRAY(
    SELECT ctid FROM room_audit WHERE room_id = $1 ORDER BY id LIMIT $2)) RETURNING 1`,
};

/**
 * The rows of rooms and seats, written under the room's head. It judges nothing and tells nobody: use cases in `rooms` and `room-users` do.
 * Every method expects the transaction that holds the head.
 */
@Injectable()
export class RoomRepository implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    private readonly log: RoomLog,
    private readonly purge: RoomPurge,
  ) {}

  onModuleInit(): void {
    for (const [table, sql] of Object.entries(PURGES)) this.purge.register('room', table, sql);
  }

  /** A new room with its head, held by this transaction as nobody else can know it yet. */
  async insertRoom(fields: Partial<Room> & Pick<Room, 'type' | 'createdBy'>): Promise<{ room: Room; head: RoomHead }> {
    const { manager } = this.transactions;
    const room = await manager.save(manager.create(Room, { id: newId(), ...fields }));
    const head = await manager.save(manager.create(RoomHead, { roomId: room.id }));
    return {
      room: await manager.findOneByOrFail(Room, { id: room.id }),
      head: await manager.findOneByOrFail(RoomHead, { roomId: head.roomId }),
    };
  }

  /** Writes what was changed on the entity, as a step of the log. */
  async updateRoom(room: Room): Promise<LogStep> {
    room.updatedAt = new Date();
    await this.transactions.manager.save(room);
    return this.log.recordChanges(room.id, 'room', [room.id]);
  }

  /**
   * Seats people who have no seat, at the room's end: nothing is unread, and under `since_joined` nothing before is visible. A silence that
   * they left under, and that is in force, is theirs again.
   * @param newcomers 1..100  @param logged false for readers of a channel: the room takes no notice of them
   */
  async insertMembers(
    room: Room,
    newcomers: readonly NewMember[],
    createdBy: string | null,
    logged = true,
  ): Promise<{ members: RoomMember[]; step: LogStep }> {
    const { manager } = this.transactions;
    const userIds = newcomers.map((newcomer) => newcomer.userId);
    const step = logged ? await this.log.recordChanges(room.id, 'room-user', userIds) : await this.log.currentStep(room.id);
    const [head] = await this.transactions.query<{ last_seq: number; last_n: number }>(
      `UPDATE room_heads SET member_count = member_count + $2 WHERE room_id = $1 RETURNING last_seq, last_n`,
      [room.id, newcomers.length],
    );
    if (!head) throw new Error(`room ${room.id} has no head`);
    const silences = await this.takeKeptSilences(room.id, userIds);
    const seats = newcomers.map((newcomer, index) =>
      manager.create(RoomMember, {
        ...newcomer,
        roomId: room.id,
        createdBy,
        joinedRev: logged ? step.prevRev + index + 1 : step.rev,
        visibleFromSeq: room.historyVisibility === 'since_joined' ? head.last_seq + 1 : 1,
        lastReadSeq: head.last_seq,
        lastReadN: head.last_n,
        silencedUntil: silences.get(newcomer.userId) ?? null,
      }),
    );
    await manager.insert(RoomMember, seats);
    const members = await manager.find(RoomMember, { where: seats.map(({ roomId, userId }) => ({ roomId, userId })) });
    const order = new Map(newcomers.map(({ userId }, index) => [userId, index]));
    members.sort((a, b) => (order.get(a.userId) ?? 0) - (order.get(b.userId) ?? 0));
    return { members, step };
  }

  /**
   * Takes somebody's seat: raises the fence and tells every process. A silence in force is kept for when they come back. The caller knows
   * that the seat is there.
   * @param logged false for a reader of a channel
   */
  async deleteMember(roomId: string, userId: string, logged = true): Promise<LogStep> {
    await this.transactions.query(
      `WITH seat AS (DELETE FROM room_users WHERE room_id = $1 AND user_id = $2 RETURNING room_id, user_id, silenced_until)
       INSERT INTO room_silences (room_id, user_id, until)
       SELECT room_id, user_id, silenced_until FROM seat WHERE silenced_until > clock_timestamp()
       ON CONFLICT (room_id, user_id) DO UPDATE SET until = excluded.until`,
      [roomId, userId],
    );
    await this.transactions.query(`UPDATE room_heads SET member_count = member_count - 1 WHERE room_id = $1`, [roomId]);
    const step = logged ? await this.log.recordChanges(roomId, 'room-user', [userId]) : await this.log.currentStep(roomId);
    return { ...step, fence: await this.log.raiseFence(roomId, [userId]) };
  }

  /** Writes what was changed on a seat that others see (role, permissions, silence), as a step of the log unless `logged` is false. */
  async updateMemberRow(
    {
      roomId,
      userId,
      role,
      allow,
      deny,
      silencedUntil,
    }: Pick<RoomMember, 'roomId' | 'userId' | 'role' | 'allow' | 'deny' | 'silencedUntil'>,
    logged = true,
  ): Promise<LogStep> {
    await this.transactions.manager.update(RoomMember, { roomId, userId }, { role, allow, deny, silencedUntil });
    return logged ? this.log.recordChanges(roomId, 'room-user', [userId]) : this.log.currentStep(roomId);
  }

  /** Until when somebody who is out will be silent once they are back; null when no silence in force waits for them. */
  async findKeptSilence(roomId: string, userId: string): Promise<Date | null> {
    const kept = await this.transactions.manager.findOneBy(RoomSilence, { roomId, userId });
    return kept && kept.until.getTime() > Date.now() ? kept.until : null;
  }

  /** Changes the silence that waits for somebody who is out; null lifts it. */
  async saveKeptSilence(roomId: string, userId: string, until: Date | null): Promise<void> {
    const { manager } = this.transactions;
    if (until) await manager.update(RoomSilence, { roomId, userId }, { until });
    else await manager.delete(RoomSilence, { roomId, userId });
  }

  /** Drops every silence that waits for somebody who will not come back. No head is needed: they have no seat. */
  async deleteKeptSilences(userId: string): Promise<void> {
    await this.transactions.manager.delete(RoomSilence, { userId });
  }

  /**
   * Writes what only the person sees: no step of the log, and no head is needed, but the person's own head before it. The row alone is
   * locked. Whether the seat was there.
   */
  async updatePreferences(
    roomId: string,
    userId: string,
    own: Partial<Pick<RoomMember, 'muted' | 'pinned' | 'archived' | 'draft'>>,
  ): Promise<boolean> {
    const { affected } = await this.transactions.manager.update(RoomMember, { roomId, userId }, own);
    return (affected ?? 0) > 0;
  }

  /** Drops every draft of somebody who will not go on with it. No head is needed: nobody else sees it. */
  async clearDrafts(userId: string): Promise<void> {
    await this.transactions.query(`UPDATE room_users SET draft = NULL WHERE user_id = $1 AND draft IS NOT NULL`, [userId]);
  }

  findMember(roomId: string, userId: string): Promise<RoomMember | null> {
    return this.transactions.manager.findOneBy(RoomMember, { roomId, userId });
  }

  /** Somebody's seats in these rooms. */
  findMemberships(userId: string, roomIds: readonly string[]): Promise<RoomMember[]> {
    return this.transactions.manager.findBy(RoomMember, { userId, roomId: In([...roomIds]) });
  }

  /** Ids of the living rooms, but for private ones, in which somebody sits (or which they own), by id, past `after`. */
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
   * Who comes next in each room, besides somebody who goes: the longest-standing admin, else member, whose account is live; else (unless
   * `liveOnly`) one whose account rests. None where nobody else sits. @param roomIds at most 100
   */
  async findSuccessors(
    roomIds: readonly string[],
    { besides, liveOnly }: { besides?: string; liveOnly: boolean },
  ): Promise<Map<string, RoomMember>> {
    if (roomIds.length === 0) return new Map();
    const rows = await this.transactions.query<{ room_id: string; user_id: string }>(
      `SELECT r.id AS room_id, heir.user_id FROM unnest($1::uuid[]) AS r (id), LATERAL (
         SELECT ru.user_id FROM room_users ru JOIN users u ON u.id = ru.user_id
         WHERE ru.room_id = r.id AND ru.user_id IS DISTINCT FROM $2::uuid AND u.deleted_at IS NULL AND (NOT $3 OR u.deactivated_at IS NULL)
         ORDER BY u.deactivated_at IS NOT NULL, ru.role <> 'admin', ru.joined_at, ru.user_id LIMIT 1) heir`,
      [roomIds, besides ?? null, liveOnly],
    );
    return this.byRoom(rows);
  }

  /** Ids of the living rooms in which somebody sits and whose owner's account rests, or has ended, by id, past `after`. */
  async findRoomIdsWithInactiveOwner(userId: string, { after, limit }: { after: string | null; limit: number }): Promise<string[]> {
    const rows = await this.transactions.query<{ room_id: string }>(
      `SELECT ru.room_id FROM room_users ru JOIN rooms r ON r.id = ru.room_id
         JOIN room_users o ON o.room_id = ru.room_id AND o.role = 'owner' JOIN users u ON u.id = o.user_id
       WHERE ru.user_id = $1 AND ($2::uuid IS NULL OR ru.room_id > $2) AND ru.role <> 'owner' AND r.deleted_at IS NULL
         AND ${AT_REST} ORDER BY ru.room_id LIMIT $3`,
      [userId, after, limit],
    );
    return rows.map((row) => row.room_id);
  }

  /** The owners of these rooms whose accounts rest, or have ended, by room. @param roomIds at most 100 */
  async findInactiveOwners(roomIds: readonly string[]): Promise<Map<string, RoomMember>> {
    const rows = await this.transactions.query<{ room_id: string; user_id: string }>(
      `SELECT o.room_id, o.user_id FROM room_users o JOIN users u ON u.id = o.user_id
       WHERE o.room_id = ANY ($1::uuid[]) AND o.role = 'owner' AND ${AT_REST}`,
      [roomIds],
    );
    return this.byRoom(rows);
  }

  /** Ends a room for everybody, from the commit on. What it holds is purged by a job. */
  async markRoomDeleted(room: Room): Promise<number> {
    room.deletedAt = new Date();
    await this.transactions.manager.save(room);
    return this.log.raiseFence(room.id, null);
  }

  /**
   * The last step of a purge: the room's own row. A team stays, nameless, as long as private rooms belong to it, and goes with the last.
   */
  async deleteRoomRow(roomId: string): Promise<void> {
    await this.transactions.query(
      `DELETE FROM room_heads h USING rooms r WHERE h.room_id = $1 AND r.id = $1 AND r.deleted_at IS NOT NULL`,
      [roomId],
    );
    const [erased] = await this.transactions.query<{ team_id: string | null }>(
      `UPDATE rooms SET name = NULL, description = NULL, avatar_media_id = NULL, meta_tags = '{}'
       WHERE id = $1 AND deleted_at IS NOT NULL RETURNING team_id`,
      [roomId],
    );
    await this.transactions.query(
      `DELETE FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rooms p WHERE p.team_id = r.id)`,
      [roomId],
    );
    if (!erased?.team_id) return;
    await this.transactions.query(
      `DELETE FROM rooms t WHERE t.id = $1 AND t.deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rooms p WHERE p.team_id = t.id)
         AND NOT EXISTS (SELECT 1 FROM room_heads h WHERE h.room_id = t.id)`,
      [erased.team_id],
    );
  }

  /** The silences that wait for these people, and are in force; none waits any longer. */
  private async takeKeptSilences(roomId: string, userIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await this.transactions.query<{ user_id: string; until: Date }>(
      `WITH taken AS (DELETE FROM room_silences WHERE room_id = $1 AND user_id = ANY ($2::uuid[]) RETURNING user_id, until)
       SELECT user_id, until FROM taken WHERE until > clock_timestamp()`,
      [roomId, userIds],
    );
    return new Map(rows.map((row) => [row.user_id, row.until]));
  }

  /** Seats, at most one a room. */
  private async byRoom(rows: readonly { room_id: string; user_id: string }[]): Promise<Map<string, RoomMember>> {
    if (rows.length === 0) return new Map();
    const where = rows.map((row) => ({ roomId: row.room_id, userId: row.user_id }));
    return new Map((await this.transactions.manager.findBy(RoomMember, where)).map((member) => [member.roomId, member]));
  }
}
