import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull } from 'typeorm';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import type { RoomPermission } from '../common/permissions.js';
import { EntityColumns } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { RoomNotFound } from './room-access.errors.js';
import { RoomGrant } from './room-grant.policy.js';
import { RoomHead } from './room-head.entity.js';
import { RoomSemaphore } from './room-semaphore.js';
import { RoomMember } from './room-member.entity.js';
import { Room } from './room.entity.js';

/** A room with its head, and the actor's membership if there is one. */
export interface VisibleRoom {
  room: Room;
  head: RoomHead;
  member: RoomMember | null;
}

/**
 * Loads rooms and checks access in one step: no other code reads or changes a room, or anything in it, by its id. Another user gets the
 * same answer as for an id that does not exist; of a public room, `not_member`.
 */
@Injectable()
export class RoomAccess {
  private readonly room: EntityColumns<Room>;
  private readonly head: EntityColumns<RoomHead>;
  private readonly member: EntityColumns<RoomMember>;
  private readonly visibleSql: string;

  constructor(
    private readonly transactions: Transactions,
    private readonly semaphore: RoomSemaphore,
    dataSource: DataSource,
  ) {
    this.room = new EntityColumns(dataSource, Room, 'room');
    this.head = new EntityColumns(dataSource, RoomHead, 'head');
    this.member = new EntityColumns(dataSource, RoomMember, 'member');
    this.visibleSql = `SELECT ${this.room.sql}, ${this.head.sql}, ${this.member.sql}
      FROM rooms room JOIN room_heads head ON head.room_id = room.id
      LEFT JOIN room_users member ON member.room_id = room.id AND member.user_id = $2
      WHERE room.id = $1 AND room.deleted_at IS NULL`;
  }

  /** The only way to read in a room. @throws RoomNotFound, Forbidden not_member (public rooms) */
  async read(actor: Actor, roomId: string): Promise<RoomGrant> {
    return this.grantFor(await this.readVisible(actor, roomId));
  }

  /** Reads a room for a user who may see that it exists: a member, or any user if it is public. @throws RoomNotFound */
  async readVisible(actor: Actor, roomId: string): Promise<VisibleRoom> {
    const [row] = await this.transactions.queryPrepared(this.visibleSql, [roomId, actor.userId]);
    if (!row) throw new RoomNotFound();
    const room = this.room.fromRow(row);
    const member = row['member.userId'] === null ? null : this.member.fromRow(row);
    if (!member && !room.isPublic) throw new RoomNotFound();
    return { room, head: this.head.fromRow(row), member };
  }

  /**
   * The only way to change something in a room: opens (or joins) a transaction, locks the room head, checks access by what is read after
   * the lock, and runs `work`. No row of a room may be locked before.
   * @param permission null where membership alone decides
   * @throws RoomNotFound, Forbidden, LockTimeout
   */
  change<T>(actor: Actor, roomId: string, permission: RoomPermission | null, work: (grant: RoomGrant) => Promise<T>): Promise<T> {
    return this.semaphore.runInRoom(roomId, async () => {
      await this.lock([roomId]);
      const grant = await this.read(actor, roomId);
      if (permission) grant.requirePermission(permission);
      return work(grant);
    });
  }

  /** The same for a user who need not be a member: joining, using an invite. `work` checks access. @throws RoomNotFound, LockTimeout */
  enter<T>(actor: Actor, roomId: string, work: (visible: VisibleRoom) => Promise<T>): Promise<T> {
    return this.semaphore.runInRoom(roomId, async () => {
      await this.lock([roomId]);
      return work(await this.readVisible(actor, roomId));
    });
  }

  /**
   * The same without an actor: for a job, the deletion of an account, an invite whose code gives access. `work` receives null if there is
   * no such room. The caller is responsible for access.
   */
  hold<T>(roomId: string, work: (locked: { room: Room; head: RoomHead } | null) => Promise<T>): Promise<T> {
    return this.semaphore.runInRoom(roomId, async () => {
      await this.lock([roomId]);
      const manager = this.transactions.manager;
      const room = await manager.findOneBy(Room, { id: roomId });
      const head = await manager.findOneBy(RoomHead, { roomId });
      return work(room && head && !room.deletedAt ? { room, head } : null);
    });
  }

  /** The same for several rooms, in id order; those that do not exist are left out. @param roomIds at most 100 */
  holdAll<T>(roomIds: readonly string[], work: (rooms: Room[]) => Promise<T>): Promise<T> {
    return this.transactions.run(async () => {
      await this.lock(roomIds);
      const rooms = await this.transactions.manager.findBy(Room, { id: In([...roomIds]), deletedAt: IsNull() });
      return work(rooms.sort((a, b) => (a.id < b.id ? -1 : 1)));
    });
  }

  /**
   * Locks the heads of rooms and of their teams, in id order, in one statement: a private room inside a team depends on the team's state
   * and members. Expects a transaction that has locked no row yet. @param roomIds at most 100
   */
  async lock(roomIds: readonly string[]): Promise<void> {
    await this.transactions.query(
      `SELECT 1 FROM room_heads
       WHERE room_id = ANY ($1::uuid[]) OR room_id IN (SELECT team_id FROM rooms WHERE id = ANY ($1::uuid[]) AND team_id IS NOT NULL)
       ORDER BY room_id FOR NO KEY UPDATE`,
      [roomIds],
    );
  }

  private async grantFor({ room, head, member }: VisibleRoom): Promise<RoomGrant> {
    if (!member) throw new Forbidden('not_member');
    return new RoomGrant(room, head, member, room.teamId === null || (await this.isTeamIntact(room)));
  }

  /** Returns whether the team of a private room is active and has both users as members. */
  private async isTeamIntact(room: Room): Promise<boolean> {
    const [found] = await this.transactions.query<{ intact: boolean }>(
      `SELECT t.active AND t.deleted_at IS NULL AND count(ru.user_id) = 2 AS intact
       FROM rooms t LEFT JOIN room_users ru ON ru.room_id = t.id AND ru.user_id IN ($2, $3)
       WHERE t.id = $1 GROUP BY t.id`,
      [room.teamId, room.userLow, room.userHigh],
    );
    return found?.intact ?? false;
  }
}
