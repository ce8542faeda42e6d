import { ROOM_PERMISSIONS } from '../../common/permissions.js';
import { timeJson } from '../../database/sql.js';
import { EVERYONE_ID } from '../../timeline/message.types.js';
import type { Kind } from './records.js';

/** Records of one kind: a query of `line`, in the order of an index. `$1` is the room, null for all. */
export interface TransferPart {
  readonly kind: Kind;
  readonly lines: string;
}

const line = (fields: Record<string, string>): string =>
  `json_build_object(${Object.entries(fields)
    .map(([name, sql]) => `'${name}', ${sql}`)
    .join(', ')}) AS line`;

/** Everybody whom the records of the room $1 name. */
const PEOPLE = `SELECT user_id AS id FROM room_users WHERE room_id = $1
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

/** Of a room alone, its people are told with their names and pictures, and nothing else that is theirs. */
const onlyOfAll = (sql: string): string => `CASE WHEN $1::uuid IS NULL THEN ${sql} END`;

const USERS: TransferPart = {
  kind: 'user',
  lines: `SELECT ${line({
    id: 'u.id',
    username: 'u.username',
    displayName: 'u.display_name',
    avatarMediaId: 'u.avatar_media_id',
    external: onlyOfAll(
      `CASE WHEN u.external_subject IS NOT NULL THEN json_build_object('issuer', u.external_issuer, 'subject', u.external_subject) END`,
    ),
    privacy: onlyOfAll(`json_build_object('friendRequests', u.friend_requests, 'directMessages', u.direct_messages,
      'groupInvites', u.group_invites, 'presence', u.presence, 'readReceipts', u.read_receipts)`),
    createdAt: timeJson('u.created_at'),
    deactivatedAt: timeJson('u.deactivated_at'),
    deletedAt: timeJson('u.deleted_at'),
  })} FROM users u WHERE $1::uuid IS NULL OR u.id IN (${PEOPLE}) ORDER BY u.id`,
};

const MEDIA: TransferPart = {
  kind: 'media',
  lines: `SELECT ${line({
    id: 'f.id',
    ownerId: 'f.owner_id',
    kind: 'f.kind',
    filename: 'f.filename',
    contentType: 'f.content_type',
    size: 'f.size',
    sha256: `encode(f.sha256, 'hex')`,
    width: 'f.width',
    height: 'f.height',
    durationMs: 'f.duration_ms',
    objectKey: 'f.object_key',
    thumbnailKey: 'f.thumbnail_key',
    createdAt: timeJson('f.created_at'),
  })} FROM media f WHERE f.status = 'ready' AND ($1::uuid IS NULL
    OR f.id IN (SELECT media_id FROM message_media WHERE room_id = $1)
    OR f.id IN (SELECT avatar_media_id FROM rooms WHERE id = $1)
    OR f.id IN (SELECT avatar_media_id FROM users WHERE id IN (${PEOPLE}))) ORDER BY f.id`,
};

const FRIENDSHIPS: TransferPart = {
  kind: 'friendship',
  lines: `SELECT ${line({ userIds: 'json_build_array(f.user_low, f.user_high)', createdAt: timeJson('f.created_at') })}
    FROM friendships f WHERE $1::uuid IS NULL ORDER BY f.user_low, f.user_high`,
};

const BLOCKS: TransferPart = {
  kind: 'block',
  lines: `SELECT ${line({ userId: 'k.user_id', blockedId: 'k.blocked_id', createdAt: timeJson('k.created_at') })}
    FROM blocks k WHERE $1::uuid IS NULL ORDER BY k.user_id, k.blocked_id`,
};

const LIVING = 'r.deleted_at IS NULL AND ($1::uuid IS NULL OR r.id = $1)';

/** Teams before the private rooms in them: also those that are gone, as long as rooms belong to them. */
const ROOM_LINES: TransferPart = {
  kind: 'room',
  lines: `SELECT ${line({
    id: 'r.id',
    type: 'r.type',
    name: 'r.name',
    description: 'r.description',
    avatarMediaId: 'r.avatar_media_id',
    isPublic: 'r.is_public',
    metaTags: 'r.meta_tags',
    active: 'r.active',
    historyVisibility: 'r.history_visibility',
    slowModeSeconds: 'r.slow_mode_seconds',
    teamId: 'r.team_id',
    userIds: `CASE WHEN r.type = 'private_messages' THEN json_build_array(r.user_low, r.user_high) END`,
    createdBy: 'r.created_by',
    createdAt: timeJson('r.created_at'),
    updatedAt: timeJson('r.updated_at'),
    deletedAt: timeJson('r.deleted_at'),
    rev: 'coalesce(h.rev, 0)',
  })} FROM rooms r LEFT JOIN room_heads h ON h.room_id = r.id WHERE ${LIVING} OR (r.type = 'team' AND r.deleted_at IS NOT NULL
      AND EXISTS (SELECT 1 FROM rooms p WHERE p.team_id = r.id AND p.deleted_at IS NULL AND ($1::uuid IS NULL OR p.id = $1)))
    ORDER BY r.team_id IS NOT NULL, r.id`,
};

const MESSAGES: TransferPart = {
  kind: 'message',
  lines: `SELECT ${line({
    roomId: 'm.room_id',
    id: 'm.id',
    seq: 'm.seq',
    rev: 'm.rev',
    type: 'm.type',
    text: 'm.text',
    userId: 'm.user_id',
    replyToId: 'm.reply_to_id',
    mediaIds: `coalesce((SELECT json_agg(mm.media_id ORDER BY mm.position) FROM message_media mm
      WHERE mm.room_id = m.room_id AND mm.message_id = m.id), '[]')`,
    mentions: `coalesce((SELECT json_agg(mn.user_id ORDER BY mn.user_id) FROM message_mentions mn
      WHERE mn.room_id = m.room_id AND mn.message_id = m.id AND mn.user_id <> '${EVERYONE_ID}'), '[]')`,
    mentionsAll: `EXISTS (SELECT 1 FROM message_mentions mn
      WHERE mn.room_id = m.room_id AND mn.message_id = m.id AND mn.user_id = '${EVERYONE_ID}')`,
    system: `CASE WHEN m.system_event IS NOT NULL THEN json_build_object('event', m.system_event, 'userIds', m.system_user_ids) END`,
    // Of a short text that was deleted, a hash would tell what it was.
    requestHash: `CASE WHEN m.deleted_at IS NULL THEN encode(m.request_hash, 'hex') END`,
    createdAt: timeJson('m.created_at'),
    editedAt: timeJson('m.edited_at'),
    deletedAt: timeJson('m.deleted_at'),
  })} FROM messages m WHERE m.room_id = $1 ORDER BY m.seq`,
};

const EDITS: TransferPart = {
  kind: 'edit',
  lines: `SELECT ${line({
    roomId: 'e.room_id',
    messageId: 'e.message_id',
    rev: 'e.rev',
    text: 'e.text',
    userId: 'e.user_id',
    editedAt: timeJson('e.edited_at'),
  })} FROM message_edits e WHERE e.room_id = $1 ORDER BY e.message_id, e.rev`,
};

const REACTIONS: TransferPart = {
  kind: 'reaction',
  lines: `SELECT ${line({
    roomId: 'x.room_id',
    messageId: 'x.message_id',
    id: 'x.id',
    userId: 'x.user_id',
    reaction: 'x.reaction',
    createdAt: timeJson('x.created_at'),
  })} FROM reactions x WHERE x.room_id = $1 ORDER BY x.message_id, x.user_id, x.reaction`,
};

const PINS: TransferPart = {
  kind: 'pin',
  lines: `SELECT ${line({ roomId: 'p.room_id', messageId: 'p.message_id', userId: 'p.pinned_by', pinnedAt: timeJson('p.pinned_at') })}
    FROM message_pins p WHERE p.room_id = $1 ORDER BY p.message_id`,
};

/** Bits as words. */
const words = (bits: string): string => `ARRAY(SELECT w.word FROM unnest(ARRAY[${ROOM_PERMISSIONS.map((word) => `'${word}'`).join(', ')}])
  WITH ORDINALITY w (word, place) WHERE (${bits} >> (w.place - 1)::integer) & 1 = 1)`;
const messageAt = (seq: string): string => `(SELECT m.id FROM messages m WHERE m.room_id = ru.room_id AND m.seq = ${seq})`;

const ROOM_USERS: TransferPart = {
  kind: 'room-user',
  lines: `SELECT ${line({
    roomId: 'ru.room_id',
    userId: 'ru.user_id',
    role: 'ru.role',
    allow: words('ru.allow'),
    deny: words('ru.deny'),
    createdBy: 'ru.created_by',
    joinedAt: timeJson('ru.joined_at'),
    visibleAfterId: messageAt('ru.visible_from_seq - 1'),
    lastReadId: messageAt('ru.last_read_seq'),
    lastSeenAt: timeJson('ru.last_seen_at'),
    silencedUntil: timeJson('ru.silenced_until'),
    muted: 'ru.muted',
    pinned: 'ru.pinned',
    archived: 'ru.archived',
    draft: 'ru.draft',
  })} FROM room_users ru WHERE ru.room_id = $1 ORDER BY ru.user_id`,
};

const BANS: TransferPart = {
  kind: 'ban',
  lines: `SELECT ${line({
    roomId: 'b.room_id',
    userId: 'b.user_id',
    until: timeJson('b.until'),
    reason: 'b.reason',
    createdBy: 'b.created_by',
    createdAt: timeJson('b.created_at'),
  })} FROM room_bans b WHERE b.room_id = $1 ORDER BY b.user_id`,
};

/** First people and rooms, so that whatever follows names only what came before. */
export const INSTALLATION: readonly TransferPart[] = [USERS, MEDIA, FRIENDSHIPS, BLOCKS, ROOM_LINES];

/** Then the contents of each room, its members last: their marks stand at messages. */
export const ROOM: readonly TransferPart[] = [MESSAGES, EDITS, REACTIONS, PINS, ROOM_USERS, BANS];

export const ROOMS = `SELECT r.id FROM rooms r WHERE ${LIVING} ORDER BY r.id`;
