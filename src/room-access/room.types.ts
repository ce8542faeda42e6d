export const ROOM_TYPES = ['private_messages', 'group', 'channel', 'team'] as const;
export type RoomType = (typeof ROOM_TYPES)[number];

/** Lowest rank first. */
export const ROOM_ROLES = ['member', 'admin', 'owner'] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];

export const HISTORY_VISIBILITIES = ['all', 'since_joined'] as const;
export type HistoryVisibility = (typeof HISTORY_VISIBILITIES)[number];

/** Maximum lengths in code points, and maximum numbers of items. */
export const ROOM_BOUNDS = {
  name: 100,
  description: 1_000,
  tags: 20,
  tag: 50,
  draft: 10_000,
  reason: 500,
  slowModeSeconds: 21_600,
} as const;

/** What a row of the change log is about; `entity_id` is the id of the message, of the user, of the room. */
export type ChangeKind = 'message' | 'room-user' | 'room';

/** Why a user lost access to a room: `reason` of `room:gone`. */
export type LossReason = 'deleted' | 'left' | 'removed' | 'banned';

/** A step of the change log: its event takes a client from `prevRev` to `rev`. */
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
