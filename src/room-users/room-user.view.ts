import { ApiProperty, PickType } from '@nestjs/swagger';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { timeJson } from '../database/sql.js';
import { PRESET_BITS } from '../room-access/permission-set.policy.js';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole } from '../room-access/room.types.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import { userJson, UserView } from '../users/user.view.js';

/** Rooms with more members show no read receipts. */
export const RECEIPTS_UP_TO = 100;

/** A member as other members see them. */
export class RoomUserView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }) userId: string;
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ enum: ROOM_ROLES, example: 'member' }) role: RoomRole;
  @ApiProperty({ enum: ROOM_PERMISSIONS, isArray: true, description: 'All permissions of the member in this room.' })
  permissions: RoomPermission[];
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The user who added the member; the member, if they joined on their own.',
  })
  createdBy: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) joinedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) silencedUntil: string | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: `Null in rooms of more than ${RECEIPTS_UP_TO} members, and unless both users share read receipts.`,
    example: 41,
  })
  lastReadSeq: number | null;
}

/** A member as they see themselves. */
export class MembershipView extends RoomUserView {
  @ApiProperty({ nullable: false, description: 'Your read mark.', example: 41 }) declare lastReadSeq: number;
  @ApiProperty({ example: false }) muted: boolean;
  @ApiProperty({ example: false }) pinned: boolean;
  @ApiProperty({ example: false }) archived: boolean;
  @ApiProperty({ type: String, nullable: true, example: null }) draft: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastSeenAt: string | null;
  @ApiProperty({ description: 'Messages after `lastReadSeq`, without deleted ones, your own and system messages.', example: 3 })
  unreadCount: number;
  @ApiProperty({ example: 0 }) mentionCount: number;
  @ApiProperty({ description: 'The first `seq` that you can read. Set when you join.', example: 1 }) visibleFromSeq: number;
}

/** The read mark of a member and what is unread after it. */
export class ReadStateView extends PickType(MembershipView, ['lastReadSeq', 'unreadCount', 'mentionCount'] as const) {}

/** A page of members, with the room head. */
export class RoomUsersPage {
  @ApiProperty({ type: [RoomUserView] }) items: RoomUserView[];
  @ApiProperty({ type: String, nullable: true, description: 'Page cursor, opaque; null on the last page.' }) nextCursor: string | null;
  @ApiProperty({ description: 'Last `seq` of the room, read before the members; with `rev`, a sync cursor.', example: 42 }) seq: number;
  @ApiProperty({ example: 7 }) rev: number;
}

/** A banned user. */
export class BanView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: until the ban is lifted.' }) until: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'spam' }) reason: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The member who banned the user.' }) by: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

/** SQL: members with their user, room and room head, under the aliases that the SQL of views expects. */
export const MEMBER_ROWS =
  'room_users ru JOIN users u ON u.id = ru.user_id JOIN rooms r ON r.id = ru.room_id JOIN room_heads h ON h.room_id = ru.room_id';

/** Aliases of `room_users` and `users` in a statement that reads two members. `rooms` is always `r`, `room_heads` always `h`. */
interface MemberAliases {
  readonly member: string;
  readonly user: string;
}

const ALIASES: MemberAliases = { member: 'ru', user: 'u' };

const textArray = (list: readonly string[]): string => `'{${list.join(',')}}'::text[]`;

/** SQL: the permission set of a member, as bits. */
export const effectiveBitsSql = (member = ALIASES.member): string =>
  `((('{${PRESET_BITS.join(',')}}'::bigint[])[(array_position(${textArray(ROOM_TYPES)}, r.type) - 1) * ${ROOM_ROLES.length}
    + array_position(${textArray(ROOM_ROLES)}, ${member}.role)] | ${member}.allow) & ~${member}.deny)`;

const permissionsJson = (member: string): string => `(SELECT coalesce(json_agg(p.name ORDER BY p.place), '[]')
  FROM unnest(${textArray(ROOM_PERMISSIONS)}) WITH ORDINALITY p (name, place)
  WHERE (${effectiveBitsSql(member)} >> (p.place - 1)::integer) & 1 = 1)`;

/** SQL: whether `viewer` and the member show each other what they have read; a block ends it. */
export const receiptsSql = (viewer: string, { member, user }: MemberAliases = ALIASES): string =>
  `(${member}.user_id = ${viewer} OR (h.member_count <= ${RECEIPTS_UP_TO} AND ${user}.read_receipts
    AND (SELECT viewing.read_receipts FROM users viewing WHERE viewing.id = ${viewer})
    AND NOT EXISTS (SELECT 1 FROM blocks x WHERE x.user_id = ${viewer} AND x.blocked_id = ${member}.user_id)
    AND NOT EXISTS (SELECT 1 FROM blocks x WHERE x.user_id = ${member}.user_id AND x.blocked_id = ${viewer})))`;

const memberFields = ({ member, user }: MemberAliases, lastReadSeq: string): string => `'userId', ${member}.user_id,
  'user', ${userJson(user)}, 'role', ${member}.role, 'permissions', ${permissionsJson(member)}, 'createdBy', ${member}.created_by,
  'joinedAt', ${timeJson(`${member}.joined_at`)}, 'silencedUntil', ${timeJson(`${member}.silenced_until`)}, 'lastReadSeq', ${lastReadSeq}`;

/**
 * SQL: a {@link RoomUserView} as json.
 * @param viewer SQL expression of a user's id; null builds the neutral view for broadcasts, which shows no read mark
 */
export const roomUserJson = (viewer: string | null, aliases: MemberAliases = ALIASES): string => {
  const lastReadSeq = viewer ? `CASE WHEN ${receiptsSql(viewer, aliases)} THEN ${aliases.member}.last_read_seq END` : 'NULL';
  return `json_build_object(${memberFields(aliases, lastReadSeq)})`;
};

/** SQL: the {@link MembershipView} of a member, as json. */
export const MEMBERSHIP_JSON = `json_build_object(${memberFields(ALIASES, 'ru.last_read_seq')},
  'muted', ru.muted, 'pinned', ru.pinned, 'archived', ru.archived, 'draft', ru.draft, 'lastSeenAt', ${timeJson('ru.last_seen_at')},
  'unreadCount', ${unreadCountSql('ru', 'h')}, 'mentionCount', ${mentionCountSql('ru')}, 'visibleFromSeq', ru.visible_from_seq)`;
