export const ROOM_TYPES = ['private_messages', 'group', 'channel', 'team'] as const;
export type RoomType = (typeof ROOM_TYPES)[number];

/** Lowest first: the position is the rank. */
export const ROOM_ROLES = ['member', 'admin', 'owner'] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];

export const HISTORY_VISIBILITIES = ['all', 'since_joined'] as const;
export type HistoryVisibility = (typeof HISTORY_VISIBILITIES)[number];

/** Bounds of what people write about a room, in code points and pieces. */
export const ROOM_BOUNDS = {
  name: 100,
  description: 1_000,
  tags: 20,
  tag: 50,
  draft: 10_000,
  reason: 500,
  slowModeSeconds: 21_600,
} as const;

/** What the change log tells apart. `entity_id` is the message's id, the user's id, the room's id. */
export type ChangeKind = 'message' | 'room-user' | 'room';

/** Why someone lost a room; the word of `room:gone`. */
export type LossReason = 'deleted' | 'left' | 'removed' | 'banned';

/** A step of a room's log: an event brings a client from `prevRev` to `rev`. `fence` rises with every loss of access. */
export interface LogStep {
  prevRev: number;
  rev: number;
  fence: number;
}

export const AUDIT_ACTIONS = [
  'room_edited',
  'room_archived',
  'room_unarchived',
  'owner_changed',
  'user_removed',
  'user_banned',
  'ban_lifted',
  'user_silenced',
  'silence_lifted',
  'role_changed',
  'permissions_changed',
  'message_deleted',
  'message_edited',
  'report_resolved',
  'invite_created',
  'invite_revoked',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
