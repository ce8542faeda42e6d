import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole, type RoomType } from './room.types.js';

const WRITING = ['can_create_messages', 'can_edit_own_messages', 'can_delete_own_messages', 'can_attach_media'] as const;
const PRIVATE_MEMBER = [...WRITING, 'can_add_reactions', 'can_pin_messages', 'can_delete_room'] as const;

const GROUP_MEMBER = [...WRITING, 'can_add_reactions', 'can_create_invites', 'can_add_users'] as const;
const GROUP_ADMIN = [
  ...GROUP_MEMBER,
  'can_remove_users',
  'can_ban_users',
  'can_delete_messages',
  'can_mention_all',
  'can_pin_messages',
  'can_edit_room',
] as const;

const CHANNEL_MEMBER = ['can_add_reactions', 'can_add_users'] as const;
const CHANNEL_ADMIN = [
  ...CHANNEL_MEMBER,
  ...WRITING,
  'can_mention_all',
  'can_create_invites',
  'can_remove_users',
  'can_ban_users',
  'can_delete_messages',
  'can_pin_messages',
  'can_edit_room',
] as const;

const TEAM_MEMBER = [...WRITING, 'can_add_reactions'] as const;
const TEAM_ADMIN = [...TEAM_MEMBER, 'can_add_users', 'can_remove_users', 'can_mention_all', 'can_pin_messages'] as const;

/** The presets: the permissions of each role by room type. The two members of a private room have the same ones in any role. */
export const PRESETS: Record<RoomType, Record<RoomRole, readonly RoomPermission[]>> = {
  private_messages: { member: PRIVATE_MEMBER, admin: PRIVATE_MEMBER, owner: PRIVATE_MEMBER },
  group: { member: GROUP_MEMBER, admin: GROUP_ADMIN, owner: ROOM_PERMISSIONS },
  channel: { member: CHANNEL_MEMBER, admin: CHANNEL_ADMIN, owner: ROOM_PERMISSIONS },
  team: { member: TEAM_MEMBER, admin: TEAM_ADMIN, owner: ROOM_PERMISSIONS },
};

/** Encodes a permission set as a number: bit i is the i-th of ROOM_PERMISSIONS. */
export const bitsOf = (permissions: readonly RoomPermission[]): number =>
  permissions.reduce((bits, permission) => bits | (1 << ROOM_PERMISSIONS.indexOf(permission)), 0);

export const permissionsOf = (bits: number): RoomPermission[] => ROOM_PERMISSIONS.filter((_, bit) => bits & (1 << bit));

export const presetBits = (type: RoomType, role: RoomRole): number => bitsOf(PRESETS[type][role]);

/** The presets as the database functions take them: by type, then by role. */
export const PRESET_BITS: readonly number[] = ROOM_TYPES.flatMap((type) => ROOM_ROLES.map((role) => presetBits(type, role)));

/** Returns the permission set of a role with its overrides: (preset | allow) & ~deny. */
export const effectiveBits = (type: RoomType, member: { role: RoomRole; allow: number; deny: number }): number =>
  (presetBits(type, member.role) | member.allow) & ~member.deny;

/** Returns the overrides that turn the preset of a role into the wanted permission set. */
export function overridesFor(type: RoomType, role: RoomRole, wanted: readonly RoomPermission[]): { allow: number; deny: number } {
  const preset = presetBits(type, role);
  const want = bitsOf(wanted);
  return { allow: want & ~preset, deny: preset & ~want };
}

export const outranks = (above: RoomRole, below: RoomRole): boolean => ROOM_ROLES.indexOf(above) > ROOM_ROLES.indexOf(below);

/** Returns whether the member may write or moderate. In a channel only the changes of such members are logged and published. */
export const isStaff = (type: RoomType, member: { role: RoomRole; allow: number; deny: number }): boolean =>
  (effectiveBits(type, member) &
    bitsOf(['can_create_messages', 'can_delete_messages', 'can_remove_users', 'can_ban_users', 'can_edit_room'])) !==
  0;
