import { Forbidden, type DenialReason } from '../common/domain-error.js';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { effectiveBits } from './permission-set.policy.js';
import type { RoomHead } from './room-head.entity.js';
import type { RoomMember } from './room-member.entity.js';
import type { Room } from './room.entity.js';

/** Room, head and the actor's membership, loaded and checked. Only RoomAccess creates one. */
export class RoomGrant {
  constructor(
    readonly room: Room,
    readonly head: RoomHead,
    readonly member: RoomMember,
    /** False in a private room inside a team if the team is inactive or deleted, or one of the two has left it. */
    private readonly teamIntact: boolean,
  ) {}

  can(permission: RoomPermission): boolean {
    return (effectiveBits(this.room.type, this.member) & (1 << ROOM_PERMISSIONS.indexOf(permission))) !== 0;
  }

  /** @throws Forbidden not_granted, role_preset */
  requirePermission(permission: RoomPermission): void {
    if (!this.can(permission)) throw new Forbidden(this.denialOf(permission), permission);
  }

  /** Returns the rule by which the member lacks a permission: an override or the preset. */
  denialOf(permission: RoomPermission): DenialReason {
    return this.member.deny & (1 << ROOM_PERMISSIONS.indexOf(permission)) ? 'not_granted' : 'role_preset';
  }

  /** Whether members can send and edit messages here. */
  get writable(): boolean {
    return this.room.active && this.teamIntact;
  }

  /** @throws Forbidden room_inactive */
  requireWritable(): void {
    if (!this.writable) throw new Forbidden('room_inactive');
  }

  /** Requires that the member may send anything to the room now: messages, reactions, typing. @throws Forbidden room_inactive, silenced */
  requireMayPost(): void {
    this.requireWritable();
    const left = (this.member.silencedUntil?.getTime() ?? 0) - Date.now();
    if (left > 0) throw new Forbidden('silenced', undefined, { retryAfter: Math.ceil(left / 1_000) });
  }
}
