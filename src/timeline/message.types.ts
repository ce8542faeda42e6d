export const MESSAGE_TYPES = ['text', 'image', 'video', 'audio', 'file', 'system'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** What people may send; `system` is the server's alone. */
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

/** Who did what to a message, and the rev that it took. */
export interface Cause {
  rev: number;
  kind: CauseKind;
  messageId: string;
  userId: string;
  reaction?: string;
}

/** In `message_mentions`, this id stands for everybody. */
export const EVERYONE_ID = '00000000-0000-0000-0000-000000000000';

/** Whom a request mentions: everybody, or some. */
export type MentionRequest = 'all' | readonly string[];

/** A message as a client asks to send it. */
export interface SendMessage {
  roomId: string;
  id?: string | null;
  type?: SendableType | null;
  text?: string | null;
  mediaIds?: readonly string[] | null;
  replyToId?: string | null;
  mentions?: MentionRequest | null;
}
