import { z } from 'zod';
import { ROOM_PERMISSIONS } from '../../common/permissions.js';
import { isId } from '../../common/ids.js';
import { codePoints, isStorable } from '../../common/text.js';
import { isStorableTime } from '../../common/times.js';
import { MEDIA_KINDS } from '../../media/media.entity.js';
import { HISTORY_VISIBILITIES, ROOM_BOUNDS, ROOM_ROLES, ROOM_TYPES } from '../../room-access/room.types.js';
import { MESSAGE_TYPES, SYSTEM_EVENTS } from '../../timeline/message.types.js';
import { DIRECT_MESSAGES, FRIEND_REQUESTS, GROUP_INVITES, PRESENCE } from '../../users/privacy.types.js';
import { MAX_DISPLAY_NAME, USERNAME } from '../../users/user.policy.js';

// One schema for each kind of record. Fields with a default are optional, so that a file can be written by hand.

export const FORMAT = 'parley';
export const VERSION = 1;

const MAX_TEXT = 10_000;
const MAX_MEDIA = 10;
const MAX_MENTIONS = 200;
const MAX_REACTION = 255;
const MAX_WORD = 1_000;
/** How far the clock of another machine may be ahead. */
const CLOCK_AHEAD_MS = 3_600_000;

const id = z
  .string()
  .refine(isId, 'must be a UUID')
  .transform((value) => value.toLowerCase());
const text = (most: number) =>
  z
    .string()
    .refine((value) => codePoints(value) <= most, `must be at most ${most} characters`)
    .refine(isStorable, 'contains a character that cannot be stored');
const moment = z.iso
  .datetime({ offset: true, message: 'must be a time like 2026-03-01T09:30:00.000Z' })
  .refine((value) => isStorableTime(Date.parse(value)), 'must be in the years 1 to 9999')
  .transform((value) => new Date(value).toISOString());
const past = moment.refine((value) => Date.parse(value) < Date.now() + CLOCK_AHEAD_MS, 'is in the future');
const whole = z.int().min(0);
const absent = <T extends z.ZodType>(schema: T) => schema.nullable().default(null);
const permissions = z.array(z.enum(ROOM_PERMISSIONS)).max(ROOM_PERMISSIONS.length).default([]);

const header = z.strictObject({
  record: z.literal('header'),
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  epoch: absent(text(MAX_WORD)),
  exportedAt: absent(moment),
  roomId: absent(id),
});

const user = z.strictObject({
  record: z.literal('user'),
  id,
  username: z.string().regex(USERNAME, 'must be 3 to 32 of a-z 0-9 _ . -'),
  displayName: absent(text(MAX_DISPLAY_NAME)),
  avatarMediaId: absent(id),
  external: absent(z.strictObject({ issuer: text(MAX_WORD), subject: text(MAX_WORD) })),
  privacy: absent(
    z.strictObject({
      friendRequests: z.enum(FRIEND_REQUESTS),
      directMessages: z.enum(DIRECT_MESSAGES),
      groupInvites: z.enum(GROUP_INVITES),
      presence: z.enum(PRESENCE),
      readReceipts: z.boolean(),
    }),
  ),
  createdAt: past,
  deactivatedAt: absent(past),
  deletedAt: absent(past),
});

const media = z.strictObject({
  record: z.literal('media'),
  id,
  ownerId: id,
  kind: absent(z.enum(MEDIA_KINDS)),
  filename: text(MAX_WORD),
  contentType: text(MAX_WORD),
  size: whole,
  sha256: absent(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')),
  width: absent(whole),
  height: absent(whole),
  durationMs: absent(whole),
  objectKey: absent(text(MAX_WORD)),
  thumbnailKey: absent(text(MAX_WORD)),
  createdAt: past,
});

const friendship = z.strictObject({ record: z.literal('friendship'), userIds: z.tuple([id, id]), createdAt: past });
const block = z.strictObject({ record: z.literal('block'), userId: id, blockedId: id, createdAt: past });

const room = z.strictObject({
  record: z.literal('room'),
  id,
  type: z.enum(ROOM_TYPES),
  name: absent(text(ROOM_BOUNDS.name)),
  description: absent(text(ROOM_BOUNDS.description)),
  avatarMediaId: absent(id),
  isPublic: z.boolean().default(false),
  metaTags: z.array(text(ROOM_BOUNDS.tag)).max(ROOM_BOUNDS.tags).default([]),
  active: z.boolean().default(true),
  historyVisibility: z.enum(HISTORY_VISIBILITIES).default('all'),
  slowModeSeconds: whole.max(ROOM_BOUNDS.slowModeSeconds).default(0),
  teamId: absent(id),
  userIds: absent(z.tuple([id, id])),
  createdBy: id,
  createdAt: past,
  updatedAt: absent(past),
  deletedAt: absent(past),
  rev: whole.default(0),
});

const message = z.strictObject({
  record: z.literal('message'),
  roomId: id,
  id,
  seq: whole.optional(),
  rev: whole.default(0),
  type: z.enum(MESSAGE_TYPES).default('text'),
  text: absent(text(MAX_TEXT)),
  userId: id,
  replyToId: absent(id),
  mediaIds: z.array(id).max(MAX_MEDIA).default([]),
  mentions: z.array(id).max(MAX_MENTIONS).default([]),
  mentionsAll: z.boolean().default(false),
  system: absent(z.strictObject({ event: z.enum(SYSTEM_EVENTS), userIds: z.array(id).max(100) })),
  requestHash: absent(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')),
  createdAt: past,
  editedAt: absent(past),
  deletedAt: absent(past),
});

const edit = z.strictObject({
  record: z.literal('edit'),
  roomId: id,
  messageId: id,
  rev: z.int().min(1),
  text: absent(text(MAX_TEXT)),
  userId: id,
  editedAt: past,
});

const reaction = z.strictObject({
  record: z.literal('reaction'),
  roomId: id,
  messageId: id,
  id: absent(id),
  userId: id,
  reaction: text(MAX_REACTION).min(1),
  createdAt: past,
});

const pin = z.strictObject({ record: z.literal('pin'), roomId: id, messageId: id, userId: id, pinnedAt: past });

const roomUser = z.strictObject({
  record: z.literal('room-user'),
  roomId: id,
  userId: id,
  role: z.enum(ROOM_ROLES).default('member'),
  allow: permissions,
  deny: permissions,
  createdBy: absent(id),
  joinedAt: past,
  visibleAfterId: absent(id),
  /** Left out: all messages of the room are read. */
  lastReadId: id.nullable().optional(),
  lastSeenAt: absent(past),
  silencedUntil: absent(moment),
  muted: z.boolean().default(false),
  pinned: z.boolean().default(false),
  archived: z.boolean().default(false),
  draft: absent(text(ROOM_BOUNDS.draft)),
});

const ban = z.strictObject({
  record: z.literal('ban'),
  roomId: id,
  userId: id,
  until: absent(moment),
  reason: absent(text(ROOM_BOUNDS.reason)),
  createdBy: absent(id),
  createdAt: past,
});

const end = z.strictObject({ record: z.literal('end'), records: whole });

export const schemas = z.discriminatedUnion('record', [
  ...([header, user, media, friendship, block] as const),
  ...([room, message, edit, reaction, pin, roomUser, ban, end] as const),
]);

export type TransferRecord = z.output<typeof schemas>;
export type Kind = TransferRecord['record'];
export type RecordOf<K extends Kind> = Extract<TransferRecord, { record: K }>;

/** A record with the number and length of its line. */
export interface NumberedRecord<R> {
  readonly number: number;
  readonly bytes: number;
  readonly record: R;
}

export type ImportLine<K extends Kind = Kind> = NumberedRecord<RecordOf<K>>;
