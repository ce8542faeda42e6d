import { ROOM_PERMISSIONS } from '../../common/permissions.js';
import { timeJson } from '../../database/sql.js';
import { EVERYONE_ID } from '../../timeline/message.types.js';
import type { Kind } from './records.js';

/** The query of all records of one kind, each as `line`, in the order of an index. `$1` is the room, null for all. */
export interface TransferPart {
  readonly kind: Kind;
  readonly lines: string;
}

const part = (kind: Kind, fields: Readonly<Record<string, string>>, from: string): TransferPart => ({
  kind,
  lines: `SELECT json_build_object(${Object.entries(fields)
    .map(([name, sql]) => `'${name}', ${sql}`)
    .join(', ')}) AS line FROM ${from}`,
});

/** Fields whose names are those of their columns. */
const columns = (alias: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `${alias}.${columnOf(name)}`]));

const times = (alias: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, timeJson(`${alias}.${columnOf(name)}`)]));

const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Every user whom the records of the room $1 name. */
const USERS_OF_ROOM = `SELECT user_id AS id FROM room_users WHERE room_id = $1
  UNION SELECT created_by FROM room_users WHERE room_id = $1
  UNION SELECT user_id FROM messages WHERE room_id = $1
  UNION SELECT unnest(system_user_ids) FROM messages WHERE room_id = $1 AND system_user_ids IS NOT NULL
  UNION SELECT user_id FROM message_mentions WHERE room_id = $1
  UNION SELECT user_id FROM message_edits WHERE room_id = $1
  UNION SELECT pinned_by FROM message_pins WHERE room_id = $1
  UNION SELECT user_id FROM reactions WHERE room_id = $1
  UNION SELECT unnest(ARRAY[user_id, created_by]) FROM room_bans WHERE room_id = $1
  UNION SELECT unnest(ARRAY[created_by, user_low, user_high]) FROM rooms WHERE id = $1
  UNION SELECT t.created_by FROM rooms p JOIN rooms t ON t.id = p.team_id AND t.deleted_at IS NOT NULL WHERE p.id = $1
  UNION SELECT f.owner_id FROM message_media mm JOIN media f ON f.id = mm.media_id WHERE mm.room_id = $1
  UNION SELECT f.owner_id FROM rooms r JOIN media f ON f.id = r.avatar_media_id WHERE r.id = $1`;

/** The export of one room has only the names and avatars of its users. */
const onlyOfAll = (sql: string): string => `CASE WHEN $1::uuid IS NULL THEN ${sql} END`;

const USERS = part(
  'user',
  {
    ...columns('u', 'id', 'username', 'displayName', 'avatarMediaId'),
    external: onlyOfAll(
      `CASE WHEN u.external_subject IS NOT NULL THEN json_build_object('issuer', u.external_issuer, 'subject', u.external_subject) END`,
    ),
    privacy: onlyOfAll(`json_build_object('friendRequests', u.friend_requests, 'directMessages', u.direct_messages,
      'groupInvites', u.group_invites, 'presence', u.presence, 'readReceipts', u.read_receipts)`),
    ...times('u', 'createdAt', 'deactivatedAt', 'deletedAt'),
  },
  `users u WHERE $1::uuid IS NULL OR u.id IN (${USERS_OF_ROOM}) ORDER BY u.id`,
);

const MEDIA = part(
  'media',
  {
    ...columns('f', 'id', 'ownerId', 'kind', 'filename', 'contentType', 'size'),
    sha256: `encode(f.sha256, 'hex')`,
    ...columns('f', 'width', 'height', 'durationMs', 'objectKey', 'thumbnailKey'),
    ...times('f', 'createdAt'),
  },
  `media f WHERE f.status = 'ready' AND ($1::uuid IS NULL
    OR f.id IN (SELECT media_id FROM message_media WHERE room_id = $1)
    OR f.id IN (SELECT avatar_media_id FROM rooms WHERE id = $1)
    OR f.id IN (SELECT avatar_media_id FROM users WHERE id IN (${USERS_OF_ROOM}))) ORDER BY f.id`,
);

const FRIENDSHIPS = part(
  'friendship',
  { userIds: 'json_build_array(f.user_low, f.user_high)', ...times('f', 'createdAt') },
  `friendships f WHERE $1::uuid IS NULL ORDER BY f.user_low, f.user_high`,
);

const BLOCKS = part(
  'block',
  { ...columns('k', 'userId', 'blockedId'), ...times('k', 'createdAt') },
  `blocks k WHERE $1::uuid IS NULL ORDER BY k.user_id, k.blocked_id`,
);

const IS_EXPORTED = 'r.deleted_at IS NULL AND ($1::uuid IS NULL OR r.id = $1)';

/** Teams precede the private rooms in them, also deleted teams to which rooms belong. */
const ROOM_RECORDS = part(
  'room',
  {
    ...columns('r', 'id', 'type', 'name', 'description', 'avatarMediaId', 'isPublic', 'metaTags', 'active'),
    ...columns('r', 'historyVisibility', 'slowModeSeconds', 'teamId'),
    userIds: `CASE WHEN r.type = 'private_messages' THEN json_build_array(r.user_low, r.user_high) END`,
    ...columns('r', 'createdBy'),
    ...times('r', 'createdAt', 'updatedAt', 'deletedAt'),
    rev: 'coalesce(h.rev, 0)',
  },
  `rooms r LEFT JOIN room_heads h ON h.room_id = r.id WHERE ${IS_EXPORTED} OR (r.type = 'team' AND r.deleted_at IS NOT NULL
      AND EXISTS (SELECT 1 FROM rooms p WHERE p.team_id = r.id AND p.deleted_at IS NULL AND ($1::uuid IS NULL OR p.id = $1)))
    ORDER BY r.team_id IS NOT NULL, r.id`,
);

const MESSAGES = part(
  'message',
  {
    ...columns('m', 'roomId', 'id', 'seq', 'rev', 'type', 'text', 'userId', 'replyToId'),
    mediaIds: `coalesce((SELECT json_agg(mm.media_id ORDER BY mm.position) FROM message_media mm
      WHERE mm.room_id = m.room_id AND mm.message_id = m.id), '[]')`,
    mentions: `coalesce((SELECT json_agg(mn.user_id ORDER BY mn.user_id) FROM message_mentions mn
      WHERE mn.room_id = m.room_id AND mn.message_id = m.id AND mn.user_id <> '${EVERYONE_ID}'), '[]')`,
    mentionsAll: `EXISTS (SELECT 1 FROM message_mentions mn
      WHERE mn.room_id = m.room_id AND mn.message_id = m.id AND mn.user_id = '${EVERYONE_ID}')`,
    system: `CASE WHEN m.system_event IS NOT NULL THEN json_build_object('event', m.system_event, 'userIds', m.system_user_ids) END`,
    // A short text could be recovered from the hash of a deleted message.
    requestHash: `CASE WHEN m.deleted_at IS NULL THEN encode(m.request_hash, 'hex') END`,
    ...times('m', 'createdAt', 'editedAt', 'deletedAt'),
  },
  `messages m WHERE m.room_id = $1 ORDER BY m.seq`,
);

const EDITS = part(
  'edit',
  { ...columns('e', 'roomId', 'messageId', 'rev', 'text', 'userId'), ...times('e', 'editedAt') },
  `message_edits e WHERE e.room_id = $1 ORDER BY e.message_id, e.rev`,
);

const REACTIONS = part(
  'reaction',
  { ...columns('x', 'roomId', 'messageId', 'id', 'userId', 'reaction'), ...times('x', 'createdAt') },
  `reactions x WHERE x.room_id = $1 ORDER BY x.message_id, x.user_id, x.reaction`,
);

const PINS = part(
  'pin',
  { ...columns('p', 'roomId', 'messageId'), userId: 'p.pinned_by', ...times('p', 'pinnedAt') },
  `message_pins p WHERE p.room_id = $1 ORDER BY p.message_id`,
);

/** Names of the permissions whose bits are set. */
const permissionNames = (
  bits: string,
): string => `ARRAY(SELECT w.name FROM unnest(ARRAY[${ROOM_PERMISSIONS.map((name) => `'${name}'`).join(', ')}])
  WITH ORDINALITY w (name, place) WHERE (${bits} >> (w.place - 1)::integer) & 1 = 1)`;
const messageAt = (seq: string): string => `(SELECT m.id FROM messages m WHERE m.room_id = ru.room_id AND m.seq = ${seq})`;

const ROOM_USERS = part(
  'room-user',
  {
    ...columns('ru', 'roomId', 'userId', 'role'),
    allow: permissionNames('ru.allow'),
    deny: permissionNames('ru.deny'),
    ...columns('ru', 'createdBy'),
    ...times('ru', 'joinedAt'),
    visibleAfterId: messageAt('ru.visible_from_seq - 1'),
    lastReadId: messageAt('ru.last_read_seq'),
    ...times('ru', 'lastSeenAt', 'silencedUntil'),
    ...columns('ru', 'muted', 'pinned', 'archived', 'draft'),
  },
  `room_users ru WHERE ru.room_id = $1 ORDER BY ru.user_id`,
);

const BANS = part(
  'ban',
  { ...columns('b', 'roomId', 'userId'), ...times('b', 'until'), ...columns('b', 'reason', 'createdBy'), ...times('b', 'createdAt') },
  `room_bans b WHERE b.room_id = $1 ORDER BY b.user_id`,
);

/** In this order, so that a record names only earlier ones. */
export const INSTALLATION: readonly TransferPart[] = [USERS, MEDIA, FRIENDSHIPS, BLOCKS, ROOM_RECORDS];

/** The contents of each room. Members come after the messages, which their read marks name. */
export const ROOM: readonly TransferPart[] = [MESSAGES, EDITS, REACTIONS, PINS, ROOM_USERS, BANS];

export const ROOM_IDS = `SELECT r.id FROM rooms r WHERE ${IS_EXPORTED} ORDER BY r.id`;
