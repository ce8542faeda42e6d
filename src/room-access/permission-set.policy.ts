import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole, type RoomType } from './room.types.js';

const OWN_WORDS = ['can_create_messages', 'can_edit_own_messages', 'can_delete_own_messages', 'can_attach_media'] as const;
const EVERYTHING = ROOM_PERMISSIONS;

const PRIVATE_PERSON = [...OWN_WORDS, 'can_add_reactions', 'can_pin_messages', 'can_delete_room'] as const;

const GROUP_MEMBER = [...OWN_WORDS, 'can_add_reactions', 'can_create_invites', 'can_add_users'] as const;
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
  ...OWN_WORDS,
  'can_mention_all',
  'can_create_invites',
  'can_remove_users',
  'can_ban_users',
  'can_delete_messages',
  'can_pin_messages',
  'can_edit_room',
] as const;

const TEAM_MEMBER = [...OWN_WORDS, 'can_add_reactions'] as const;
const TEAM_ADMIN = [...TEAM_MEMBER, 'can_add_users', 'can_remove_users', 'can_mention_all', 'can_pin_messages'] as const;

/** What the type of a room gives each role: the one table of presets. A private room knows two members and nobody above them. */
export const PRESETS: Record<RoomType, Record<RoomRole, readonly RoomPermission[]>> = {
  private_messages: { member: PRIVATE_PERSON, admin: PRIVATE_PERSON, owner: PRIVATE_PERSON },
  group: { member: GROUP_MEMBER, admin: GROUP_ADMIN, owner: EVERYTHING },
  channel: { member: CHANNEL_MEMBER, admin: CHANNEL_ADMIN, owner: EVERYTHING },
  team: { member: TEAM_MEMBER, admin: TEAM_ADMIN, owner: EVERYTHING },
};

/** A set as a number: bit i is the i-th of ROOM_PERMISSIONS. */
export const bitsOf = (permissions: readonly RoomPermission[]): number =>
  permissions.reduce((bits, permission) => bits | (1 << ROOM_PERMISSIONS.indexOf(permission)), 0);

export const permissionsOf = (bits: number): RoomPermission[] => ROOM_PERMISSIONS.filter((_, bit) => bits & (1 << bit));

export const presetBits = (type: RoomType, role: RoomRole): number => bitsOf(PRESETS[type][role]);

/** The presets as the send function of the database takes them: by type, then by role. */
export const PRESET_BITS: readonly number[] = ROOM_TYPES.flatMap((type) => ROOM_ROLES.map((role) => presetBits(type, role)));

/** What someone may do who holds a role and single changes to its set. */
export const effectiveBits = (type: RoomType, seat: { role: RoomRole; allow: number; deny: number }): number =>
  (presetBits(type, seat.role) | seat.allow) & ~seat.deny;

/** The single changes that turn a role's preset into the wanted set. */
export function overridesFor(type: RoomType, role: RoomRole, wanted: readonly RoomPermission[]): { allow: number; deny: number } {
  const preset = presetBits(type, role);
  const want = bitsOf(wanted);
  return { allow: want & ~preset, deny: preset & ~want };
}

export const outranks = (above: RoomRole, below: RoomRole): boolean => ROOM_ROLES.indexOf(above) > ROOM_ROLES.indexOf(below);

/** Staff of a channel write or moderate; only their coming and going is told there. */
export const isStaff = (type: RoomType, seat: { role: RoomRole; allow: number; deny: number }): boolean =>
  (effectiveBits(type, seat) &
    bitsOf(['can_create_messages', 'can_delete_messages', 'can_remove_users', 'can_ban_users', 'can_edit_room'])) !==
  0;
