/**
 * The permissions of a member. The position is the bit in `room_users.allow` and `.deny` and in the send function of the database:
 * append only, and never change the meaning of a position.
 */
export const ROOM_PERMISSIONS = [
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

export type RoomPermission = (typeof ROOM_PERMISSIONS)[number];
