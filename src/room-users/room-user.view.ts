import { ApiProperty } from '@nestjs/swagger';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { timeJson } from '../database/sql.js';
import { PRESET_BITS } from '../room-access/permission-set.policy.js';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole } from '../room-access/room.types.js';
import { mentionCountSql, unreadCountSql } from '../timeline/unread.view.js';
import { userJson, UserView } from '../users/user.view.js';

/** Members of a room up to which people see what the others have read. */
export const RECEIPTS_UP_TO = 100;

/** Somebody in a room, as the others see them. */
export class RoomUserView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }) userId: string;
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ enum: ROOM_ROLES, example: 'member' }) role: RoomRole;
  @ApiProperty({ enum: ROOM_PERMISSIONS, isArray: true, description: 'All that they may do here.' }) permissions: RoomPermission[];
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Who seated them.' }) createdBy: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) joinedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) silencedUntil: string | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: `Null in rooms of more than ${RECEIPTS_UP_TO} members, and unless both sides show what they have read.`,
    example: 41,
  })
  lastReadSeq: number | null;
}

/** One's own seat in a room. */
export class MembershipView extends RoomUserView {
  @ApiProperty({ example: 41 }) declare lastReadSeq: number;
  @ApiProperty({ example: false }) muted: boolean;
  @ApiProperty({ example: false }) pinned: boolean;
  @ApiProperty({ example: false }) archived: boolean;
  @ApiProperty({ type: String, nullable: true, example: null }) draft: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastSeenAt: string | null;
  @ApiProperty({ description: "Messages past `lastReadSeq` that are neither deleted, nor one's own, nor the system's.", example: 3 })
  unreadCount: number;
  @ApiProperty({ example: 0 }) mentionCount: number;
  @ApiProperty({ description: 'Nothing below it is shown to you. Fixed at joining.', example: 1 }) visibleFromSeq: number;
}

/** What a read mark answers. */
export class ReadStateView {
  @ApiProperty({ example: 42 }) lastReadSeq: number;
  @ApiProperty({ example: 0 }) unreadCount: number;
  @ApiProperty({ example: 0 }) mentionCount: number;
}

/** Who sits in a room. */
export class RoomUsersPage {
  @ApiProperty({ type: [RoomUserView] }) items: RoomUserView[];
  @ApiProperty({ type: String, nullable: true, description: 'Opaque; null on the last page.' }) nextCursor: string | null;
  @ApiProperty({ description: "The room's head, read before the rows.", example: 42 }) seq: number;
  @ApiProperty({ example: 7 }) rev: number;
}

/** Somebody who may not come back. */
export class BanView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: for good.' }) until: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'spam' }) reason: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Who banned them.' }) by: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
}

/** The aliases of the rows that an answer is made of. */
export interface RowAliases {
  /** Of `room_users`. */
  member: string;
  /** Of `users`, the person in the seat. */
  user: string;
  /** Of `rooms`. */
  room: string;
  /** Of `room_heads`. */
  head: string;
}

const words = (list: readonly string[]): string => `'{${list.join(',')}}'::text[]`;

/** SQL: the effective permissions of a seat, as bits. */
export const effectiveBitsSql = ({ member, room }: Pick<RowAliases, 'member' | 'room'>): string =>
  `((('{${PRESET_BITS.join(',')}}'::bigint[])[(array_position(${words(ROOM_TYPES)}, ${room}.type) - 1) * ${ROOM_ROLES.length}
    + array_position(${words(ROOM_ROLES)}, ${member}.role)] | ${member}.allow) & ~${member}.deny)`;

const permissionsJson = (rows: RowAliases): string => `(SELECT coalesce(json_agg(p.name ORDER BY p.place), '[]')
  FROM unnest(${words(ROOM_PERMISSIONS)}) WITH ORDINALITY p (name, place)
  WHERE (${effectiveBitsSql(rows)} >> (p.place - 1)::integer) & 1 = 1)`;

/** SQL: whether `viewer` and the person in the seat show each other what they have read; blocks stand above it. */
export const receiptsSql = ({ member, user, head }: Pick<RowAliases, 'member' | 'user' | 'head'>, viewer: string): string =>
  `(${member}.user_id = ${viewer} OR (${head}.member_count <= ${RECEIPTS_UP_TO} AND ${user}.read_receipts
    AND (SELECT viewing.read_receipts FROM users viewing WHERE viewing.id = ${viewer})
    AND NOT EXISTS (SELECT 1 FROM blocks x WHERE x.user_id = ${viewer} AND x.blocked_id = ${member}.user_id)
    AND NOT EXISTS (SELECT 1 FROM blocks x WHERE x.user_id = ${member}.user_id AND x.blocked_id = ${viewer})))`;

const facts = (rows: RowAliases, lastReadSeq: string): string => `'userId', ${rows.member}.user_id, 'user', ${userJson(rows.user)},
  'role', ${rows.member}.role, 'permissions', ${permissionsJson(rows)}, 'createdBy', ${rows.member}.created_by,
  'joinedAt', ${timeJson(`${rows.member}.joined_at`)}, 'silencedUntil', ${timeJson(`${rows.member}.silenced_until`)},
  'lastReadSeq', ${lastReadSeq}`;

/**
 * SQL: a {@link RoomUserView} as json.
 * @param viewer SQL expression of who looks; null gives the neutral view of a broadcast, which shows nobody's read mark
 */
export const roomUserJson = (rows: RowAliases, viewer: string | null): string =>
  `json_build_object(${facts(rows, viewer ? `CASE WHEN ${receiptsSql(rows, viewer)} THEN ${rows.member}.last_read_seq END` : 'NULL')})`;

/** SQL: the {@link MembershipView} of the person in the seat, as json. */
export const membershipJson = (rows: RowAliases): string => `json_build_object(${facts(rows, `${rows.member}.last_read_seq`)},
  'muted', ${rows.member}.muted, 'pinned', ${rows.member}.pinned, 'archived', ${rows.member}.archived, 'draft', ${rows.member}.draft,
  'lastSeenAt', ${timeJson(`${rows.member}.last_seen_at`)},
  'unreadCount', ${unreadCountSql(rows.member, rows.head)}, 'mentionCount', ${mentionCountSql(rows.member)},
  'visibleFromSeq', ${rows.member}.visible_from_seq)`;
