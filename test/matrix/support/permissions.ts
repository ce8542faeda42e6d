// The presets, written down a second time as the product promises them: the tests compare the code with this list, not with itself.

export const PERMISSIONS = [
  'can_add_users',
  'can_remove_users',
  'can_create_messages',
  'can_delete_messages',
  'can_delete_own_messages',
  'can_edit_messages',
  'can_edit_own_messages',
  'can_edit_room',
  'can_delete_room',
  'can_attach_media',
  'can_add_reactions',
  'can_mention_all',
  'can_pin_messages',
  'can_create_invites',
  'can_ban_users',
  'can_manage_roles',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export type RoomType = 'private_messages' | 'group' | 'channel' | 'team';
export type Role = 'member' | 'admin' | 'owner';

const WRITES: Permission[] = ['can_create_messages', 'can_edit_own_messages', 'can_delete_own_messages', 'can_attach_media'];
const MODERATES: Permission[] = [
  'can_remove_users',
  'can_ban_users',
  'can_delete_messages',
  'can_mention_all',
  'can_pin_messages',
  'can_edit_room',
];
const PRIVATE: Permission[] = [...WRITES, 'can_add_reactions', 'can_pin_messages', 'can_delete_room'];
const GROUP: Permission[] = [...WRITES, 'can_add_reactions', 'can_create_invites', 'can_add_users'];
const CHANNEL: Permission[] = ['can_add_reactions', 'can_add_users'];
const TEAM: Permission[] = [...WRITES, 'can_add_reactions'];
const ALL: Permission[] = [...PERMISSIONS];

/** What the type of the room gives each role. */
export const PRESETS: Record<RoomType, Record<Role, readonly Permission[]>> = {
  private_messages: { member: PRIVATE, admin: PRIVATE, owner: PRIVATE },
  group: { member: GROUP, admin: [...GROUP, ...MODERATES], owner: ALL },
  channel: { member: CHANNEL, admin: [...CHANNEL, ...WRITES, 'can_create_invites', ...MODERATES], owner: ALL },
  team: { member: TEAM, admin: [...TEAM, 'can_add_users', 'can_remove_users', 'can_mention_all', 'can_pin_messages'], owner: ALL },
};

/** A role, and the overrides of one member. */
export interface TestRole {
  readonly role: Role;
  readonly allow: readonly Permission[];
  readonly deny: readonly Permission[];
}

export const holds = (type: RoomType, member: TestRole, permission: Permission): boolean =>
  !member.deny.includes(permission) && (PRESETS[type][member.role].includes(permission) || member.allow.includes(permission));

/** As the database keeps a set: bit i is the i-th of the list. */
export const bits = (permissions: readonly Permission[]): number =>
  permissions.reduce((sum, permission) => sum | (1 << PERMISSIONS.indexOf(permission)), 0);
