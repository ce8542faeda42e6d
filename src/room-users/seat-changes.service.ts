import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { DomainEvents } from '../events/domain-events.js';
import { RoomUserNotFound } from '../room-access/room-access.errors.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { RoomLog, type AuditEntry } from '../room-access/room-log.service.js';
import { RoomRows } from '../room-access/room-rows.service.js';
import { permissionsOf } from '../room-access/permission-set.policy.js';
import type { RoomUser } from '../room-access/room-user.entity.js';
import type { Room } from '../room-access/room.entity.js';
import { UserHeads } from '../users/user-heads.service.js';
import type { ChangeRoomUserDto } from './dto/room-user.dto.js';
import { RoomUserViews } from './room-user-views.service.js';
import type { RoomUserView } from './room-user.view.js';
import { future } from './room-users.errors.js';
import { RoomUserUpdated } from './room-users.events.js';
import { demandAbove, isTold, PLAIN_MEMBER, sameSeat, seatBy, type SeatSet } from './seat-grant.policy.js';

/** What becomes of a seat. */
export interface SeatChange {
  seat: RoomUser;
  set: SeatSet;
  silencedUntil: Date | null;
}

/** What others decide of somebody's seat: role, permissions, silence. */
@Injectable()
export class SeatChanges {
  constructor(
    private readonly access: RoomAccess,
    private readonly rows: RoomRows,
    private readonly log: RoomLog,
    private readonly heads: UserHeads,
    private readonly events: DomainEvents,
    private readonly views: RoomUserViews,
  ) {}

  /**
   * Changes somebody of a lower rank. Role and permissions ask for `can_manage_roles`, silence for `can_remove_users`. Of somebody who left
   * under a silence, that can be changed too: the answer is null then, as they have no seat.
   * @throws Forbidden role_preset, not_granted, rank; RoomUserNotFound, TimeIsPast
   */
  change(actor: Actor, roomId: string, userId: string, dto: ChangeRoomUserDto): Promise<RoomUserView | null> {
    return this.access.change(actor, roomId, null, async (grant) => {
      demandFor(grant, dto);
      const seat = await this.rows.seatOf(roomId, userId);
      if (!seat) return this.changeKept(actor, grant, userId, dto);
      if (isRegrant(dto) || dto.silencedUntil !== undefined) demandAbove(grant, seat.role);
      const set = seatBy(grant, seat, dto);
      const silencedUntil = dto.silencedUntil === undefined ? seat.silencedUntil : future('silencedUntil', dto.silencedUntil);
      const entries = audited(actor, seat, set, silencedUntil);
      if (entries.length > 0) await this.reseat(grant.room, [{ seat, set, silencedUntil }]);
      await this.log.audit(roomId, ...entries);
      const view = await this.views.one(roomId, userId, actor.userId);
      if (!view) throw new RoomUserNotFound();
      return view;
    });
  }

  /**
   * Writes sets and silences of seats in one room, each as a step of its own, in the order given, and tells. Expects the room's head.
   * @param changes at most 2
   */
  async reseat(room: Room, changes: readonly SeatChange[]): Promise<void> {
    const my = await this.heads.next(changes.map(({ seat }) => seat.userId));
    for (const { seat, set, silencedUntil } of changes) {
      const { roomId, userId } = seat;
      const { role, allow, deny } = set;
      const told = isTold(room.type, seat) || isTold(room.type, set);
      const step = await this.rows.reseat({ roomId, userId, role, allow, deny, silencedUntil }, told);
      const [roomUser] = await this.views.neutral(roomId, [userId]);
      if (roomUser) this.events.publish(new RoomUserUpdated(roomId, step.prevRev, step.rev, step.fence, roomUser, my.get(userId) ?? 0));
    }
  }

  /** Changes, or lifts, the silence of somebody who is out. They come back as a member, and are judged as one. Nobody hears of it. */
  private async changeKept(actor: Actor, grant: RoomGrant, userId: string, dto: ChangeRoomUserDto): Promise<null> {
    const { id } = grant.room;
    const kept = await this.rows.keptSilence(id, userId);
    if (!kept || isRegrant(dto) || dto.silencedUntil === undefined) throw new RoomUserNotFound();
    demandAbove(grant, PLAIN_MEMBER.role);
    const until = future('silencedUntil', dto.silencedUntil);
    await this.rows.keepSilence(id, userId, until);
    await this.log.audit(id, ...silenceAudited(actor, userId, kept, until));
    return null;
  }
}

const isRegrant = ({ role, permissions }: ChangeRoomUserDto): boolean => role !== undefined || permissions !== undefined;

/** Before it is known whether the person is there at all. @throws Forbidden role_preset, not_granted */
function demandFor(grant: RoomGrant, dto: ChangeRoomUserDto): void {
  if (isRegrant(dto)) grant.demand('can_manage_roles');
  if (dto.silencedUntil !== undefined) grant.demand('can_remove_users');
}

/** What has changed, as the audit keeps it; nothing when nothing has. */
function audited(actor: Actor, seat: RoomUser, set: SeatSet, silencedUntil: Date | null): AuditEntry[] {
  const about = { actorId: actor.userId, targetUserId: seat.userId };
  const entries = silenceAudited(actor, seat.userId, seat.silencedUntil, silencedUntil);
  if (set.role !== seat.role) entries.unshift({ ...about, action: 'role_changed', detail: { from: seat.role, to: set.role } });
  else if (!sameSeat(set, seat)) {
    const detail = { allowed: permissionsOf(set.allow), denied: permissionsOf(set.deny) };
    entries.unshift({ ...about, action: 'permissions_changed', detail });
  }
  return entries;
}

function silenceAudited(actor: Actor, targetUserId: string, from: Date | null, to: Date | null): AuditEntry[] {
  if (from?.getTime() === to?.getTime()) return [];
  const about = { actorId: actor.userId, targetUserId };
  return [
    to ? { ...about, action: 'user_silenced', detail: { until: to.toISOString() } } : { ...about, action: 'silence_lifted', detail: {} },
  ];
}
