export const MESSAGE_TYPES = ['text', 'image', 'video', 'audio', 'file', 'system'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** The types that a user may send. */
export const SENDABLE_TYPES = ['text', 'image', 'video', 'audio', 'file'] as const;
export type SendableType = (typeof SENDABLE_TYPES)[number];

export const SYSTEM_EVENTS = [
  'room_created',
  'user_added',
  'user_joined',
  'user_left',
  'user_removed',
  'owner_changed',
  'room_updated',
] as const;
export type SystemEvent = (typeof SYSTEM_EVENTS)[number];

export const CAUSE_KINDS = ['edited', 'deleted', 'reaction_added', 'reaction_removed', 'pinned', 'unpinned', 'hidden'] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

/** What a user did to a message, and the rev of that change. */
export interface Cause {
  rev: number;
  kind: CauseKind;
  messageId: string;
  userId: string;
  reaction?: string;
}

/** The user id that means all members in `message_mentions`. */
export const EVERYONE_ID = '00000000-0000-0000-0000-000000000000';

/** The mentions that a request names besides its text: all members, or users by id. */
export type MentionRequest = 'all' | readonly string[];

/** A row of `message_mentions`; the username is null for all members. */
export interface StoredMention {
  userId: string;
  username: string | null;
}

/** A message as a client sends it. */
export interface SendMessage {
  roomId: string;
  id?: string | null;
  type?: SendableType | null;
  text?: string | null;
  mediaIds?: readonly string[] | null;
  replyToId?: string | null;
  mentions?: MentionRequest | null;
}
