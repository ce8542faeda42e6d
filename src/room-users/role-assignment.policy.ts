import { Forbidden } from '../common/domain-error.js';
import type { RoomPermission } from '../common/permissions.js';
import { bitsOf, effectiveBits, isStaff, outranks, permissionsOf, overridesFor } from '../room-access/permission-set.policy.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomRole, RoomType } from '../room-access/room.types.js';

/** A role, and the single changes to its set, as bits. */
export interface RoleAssignment {
  readonly role: RoomRole;
  readonly allow: number;
  readonly deny: number;
}

/** What a request wants a seat to be. `permissions` is the whole wanted set. */
export interface RoleRequest {
  readonly role?: RoomRole;
  readonly permissions?: readonly RoomPermission[];
}

export const PLAIN_MEMBER: RoleAssignment = { role: 'member', allow: 0, deny: 0 };

/** Nobody changes, silences, bans or removes someone of their own rank or above, oneself included. @throws Forbidden rank */
export function requireRankAbove(by: RoomGrant, role: RoomRole): void {
  if (!outranks(by.member.role, role)) throw new Forbidden('rank');
}

/**
 * What a seat becomes by this person's hand. The preset of a role is the room's own grant; who goes beyond it, or takes from it, holds
 * `can_manage_roles` and everything that is newly given. Another role begins without single changes, and is below the granter's own.
 * @param current the seat as it is; {@link PLAIN_MEMBER} for a newcomer
 * @throws Forbidden role_preset, not_granted, rank
 */
export function assignRole(by: RoomGrant, current: RoleAssignment, wish: RoleRequest): RoleAssignment {
  const { type } = by.room;
  const role = wish.role ?? current.role;
  if (role !== current.role) {
    by.requirePermission('can_manage_roles');
    requireRankAbove(by, role);
  }
  const base = role === current.role ? current : { role, allow: 0, deny: 0 };
  if (wish.permissions === undefined || bitsOf(wish.permissions) === effectiveBits(type, base)) return base;
  by.requirePermission('can_manage_roles');
  const changes = overridesFor(type, role, wish.permissions);
  for (const given of permissionsOf(changes.allow & ~effectiveBits(type, base))) by.requirePermission(given);
  return { role, ...changes };
}

export const sameAssignment = (one: RoleAssignment, other: RoleAssignment): boolean =>
  one.role === other.role && one.allow === other.allow && one.deny === other.deny;

/** Whether the room's messages and changes tell of such a seat: in a channel of its staff alone. */
export const isLogged = (type: RoomType, seat: RoleAssignment): boolean => type !== 'channel' || isStaff(type, seat);
