import { Forbidden } from '../common/domain-error.js';
import type { RoomPermission } from '../common/permissions.js';
import { bitsOf, effectiveBits, isStaff, outranks, permissionsOf, overridesFor } from '../room-access/permission-set.policy.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import type { RoomRole, RoomType } from '../room-access/room.types.js';

/** A role with its overrides, as bits. */
export interface RoleAssignment {
  readonly role: RoomRole;
  readonly allow: number;
  readonly deny: number;
}

/** The role and permissions that a request asks for; `permissions` is the whole wanted set. */
export interface RoleRequest {
  readonly role?: RoomRole;
  readonly permissions?: readonly RoomPermission[];
}

export const PLAIN_MEMBER: RoleAssignment = { role: 'member', allow: 0, deny: 0 };

/** No member may change, silence, ban or remove a member of their own rank or above, nor themselves. @throws Forbidden rank */
export function requireRankAbove(by: RoomGrant, role: RoomRole): void {
  if (!outranks(by.member.role, role)) throw new Forbidden('rank');
}

/**
 * Returns the role assignment that the request asks for, if the actor may make it. The preset of a role comes with the role; an override
 * needs `can_manage_roles`, and an added permission also that the actor holds it. Another role begins without overrides, and must be
 * below the actor's own.
 * @param current the present assignment; {@link PLAIN_MEMBER} for a new member
 * @throws Forbidden role_preset, not_granted, rank
 */
export function assignRole(by: RoomGrant, current: RoleAssignment, request: RoleRequest): RoleAssignment {
  const { type } = by.room;
  const role = request.role ?? current.role;
  if (role !== current.role) {
    by.requirePermission('can_manage_roles');
    requireRankAbove(by, role);
  }
  const base = role === current.role ? current : { role, allow: 0, deny: 0 };
  if (request.permissions === undefined || bitsOf(request.permissions) === effectiveBits(type, base)) return base;
  by.requirePermission('can_manage_roles');
  const overrides = overridesFor(type, role, request.permissions);
  for (const added of permissionsOf(overrides.allow & ~effectiveBits(type, base))) by.requirePermission(added);
  return { role, ...overrides };
}

export const sameAssignment = (a: RoleAssignment, b: RoleAssignment): boolean =>
  a.role === b.role && a.allow === b.allow && a.deny === b.deny;

/** Returns whether the change log and system messages record such a member: in a channel only its staff. */
export const isLogged = (type: RoomType, assignment: RoleAssignment): boolean => type !== 'channel' || isStaff(type, assignment);
