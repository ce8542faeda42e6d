import { Forbidden, type DenialReason } from '../common/domain-error.js';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { effectiveBits } from './permission-set.policy.js';
import type { RoomHead } from './room-head.entity.js';
import type { RoomMember } from './room-member.entity.js';
import type { Room } from './room.entity.js';

/** A room as one member may use it: loaded and judged at once. Only RoomAccess makes one. */
export class RoomGrant {
  constructor(
    readonly room: Room,
    readonly head: RoomHead,
    readonly member: RoomMember,
    /** False for the private room of a team that has ended for one of the two. */
    private readonly teamHolds: boolean,
  ) {}

  can(permission: RoomPermission): boolean {
    return (effectiveBits(this.room.type, this.member) & (1 << ROOM_PERMISSIONS.indexOf(permission))) !== 0;
  }

  /** @throws Forbidden with the rule: taken from this person, or never in their role. */
  requirePermission(permission: RoomPermission): void {
    if (!this.can(permission)) throw new Forbidden(this.denialOf(permission), permission);
  }

  /** The rule by which a permission is missing. */
  denialOf(permission: RoomPermission): DenialReason {
    return this.member.deny & (1 << ROOM_PERMISSIONS.indexOf(permission)) ? 'not_granted' : 'role_preset';
  }

  /** Whether people may still say and change things here. */
  get writable(): boolean {
    return this.room.active && this.teamHolds;
  }

  /** @throws Forbidden room_inactive */
  requireWritable(): void {
    if (!this.writable) throw new Forbidden('room_inactive');
  }

  /** Whether this person may say anything here now, in whatever form. @throws Forbidden room_inactive, silenced */
  requireMayPost(): void {
    this.requireWritable();
    const left = (this.member.silencedUntil?.getTime() ?? 0) - Date.now();
    if (left > 0) throw new Forbidden('silenced', undefined, { retryAfter: Math.ceil(left / 1_000) });
  }
}
