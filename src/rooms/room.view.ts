import { ApiProperty, OmitType } from '@nestjs/swagger';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { timeJson } from '../database/sql.js';
import {
  HISTORY_VISIBILITIES,
  type HistoryVisibility,
  ROOM_ROLES,
  ROOM_TYPES,
  type RoomRole,
  type RoomType,
} from '../room-access/room.types.js';
import { membershipJson, MembershipView, receiptsSql, type RowAliases } from '../room-users/room-user.view.js';
import { messageJson, MessageView } from '../timeline/message.view.js';
import { avatarUrlSql, userJson, UserView } from '../users/user.view.js';

const AVATAR = '/v1/media/0199f3a1-7b2c-7d10-8a55-4be0a1c2d3e4/content';

/** A room as one of its members sees it. */
export class RoomView {
  @ApiProperty({ format: 'uuid', example: '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' }) id: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'group' }) type: RoomType;
  @ApiProperty({ type: String, nullable: true, example: 'Weekend trip' }) name: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) description: string | null;
  @ApiProperty({ type: String, nullable: true, example: AVATAR }) avatarUrl: string | null;
  @ApiProperty({ example: false }) isPublic: boolean;
  @ApiProperty({ type: [String], example: ['travel'] }) metaTags: string[];
  @ApiProperty({ description: 'An inactive room takes no new messages.', example: true }) active: boolean;
  @ApiProperty({ enum: HISTORY_VISIBILITIES, example: 'all' }) historyVisibility: HistoryVisibility;
  @ApiProperty({ description: 'Seconds between two messages of one member; 0: none.', example: 0 }) slowModeSeconds: number;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The team that a private room belongs to.', example: null })
  teamId: string | null;
  @ApiProperty({ format: 'uuid' }) createdBy: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) updatedAt: string;
  @ApiProperty({ description: 'With `rev` the cursor to start from.', example: 42 }) lastSeq: number;
  @ApiProperty({ example: 7 }) rev: number;
  @ApiProperty({ example: 3 }) memberCount: number;
  @ApiProperty({ type: MessageView, nullable: true, description: 'The visible one of highest `seq`, a tombstone or system message too.' })
  lastMessage: MessageView | null;
  @ApiProperty({ type: UserView, nullable: true, description: 'The other one of a private room.' }) otherUser: UserView | null;
  @ApiProperty({ type: Number, nullable: true, description: 'What the other one of a private room has read, where both show it.' })
  otherLastReadSeq: number | null;
  @ApiProperty({ type: MembershipView }) membership: MembershipView;
}

/** A room as a broadcast tells of it: nothing that depends on who hears it. */
export class NeutralRoomView extends OmitType(RoomView, ['lastMessage', 'otherUser', 'otherLastReadSeq', 'membership'] as const) {}

/** A public room as those see it who need not be in it. */
export class RoomCardView {
  @ApiProperty({ format: 'uuid', example: '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' }) id: string;
  @ApiProperty({ enum: ROOM_TYPES, example: 'channel' }) type: RoomType;
  @ApiProperty({ type: String, nullable: true, example: 'News' }) name: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'What is new' }) description: string | null;
  @ApiProperty({ type: String, nullable: true, example: AVATAR }) avatarUrl: string | null;
  @ApiProperty({ example: true }) isPublic: boolean;
  @ApiProperty({ type: [String], example: ['news'] }) metaTags: string[];
  @ApiProperty({ example: true }) active: boolean;
  @ApiProperty({ example: 120 }) memberCount: number;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ type: MembershipView, nullable: true, description: "In the list of public rooms: one's own seat, if one is in." })
  membership: MembershipView | null;
}

export const PERMISSION_RULES = ['role_preset', 'granted', 'not_granted', 'room_inactive', 'silenced'] as const;
/** Allowed by the role's preset or by a single grant; refused by the preset, a single change, or how things stand. */
export type PermissionRule = (typeof PERMISSION_RULES)[number];

class RuledPermissionView {
  @ApiProperty({ enum: ROOM_PERMISSIONS, example: 'can_create_messages' }) permission: RoomPermission;
  @ApiProperty({ example: true }) allowed: boolean;
  @ApiProperty({ enum: PERMISSION_RULES, description: 'The rule that allows or refuses.', example: 'role_preset' }) rule: PermissionRule;
}

/** What somebody may do in a room, permission by permission. */
export class RoomPermissionsView {
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty({ enum: ROOM_ROLES, example: 'member' }) role: RoomRole;
  @ApiProperty({ type: [RuledPermissionView] }) permissions: RuledPermissionView[];
}

type RoomAliases = Pick<RowAliases, 'room' | 'head'>;

const neutral = ({ room, head }: RoomAliases): string => `'id', ${room}.id, 'type', ${room}.type, 'name', ${room}.name,
  'description', ${room}.description, 'avatarUrl', ${avatarUrlSql(`${room}.avatar_media_id`)}, 'isPublic', ${room}.is_public,
  'metaTags', to_json(${room}.meta_tags), 'active', ${room}.active, 'historyVisibility', ${room}.history_visibility,
  'slowModeSeconds', ${room}.slow_mode_seconds, 'teamId', ${room}.team_id, 'createdBy', ${room}.created_by,
  'createdAt', ${timeJson(`${room}.created_at`)}, 'updatedAt', ${timeJson(`${room}.updated_at`)},
  'lastSeq', ${head}.last_seq, 'rev', ${head}.rev, 'memberCount', ${head}.member_count`;

/** SQL: a {@link NeutralRoomView} as json. */
export const neutralRoomJson = (rows: RoomAliases): string => `json_build_object(${neutral(rows)})`;

/** SQL: a {@link RoomCardView} as json. @param membership SQL of the asking person's seat, as json */
export const roomCardJson = ({ room, head }: RoomAliases, membership = 'NULL::json'): string => `json_build_object(
  'id', ${room}.id, 'type', ${room}.type, 'name', ${room}.name, 'description', ${room}.description,
  'avatarUrl', ${avatarUrlSql(`${room}.avatar_media_id`)}, 'isPublic', ${room}.is_public, 'metaTags', to_json(${room}.meta_tags),
  'active', ${room}.active, 'memberCount', ${head}.member_count, 'createdAt', ${timeJson(`${room}.created_at`)},
  'membership', ${membership})`;

const lastMessage = ({ member: seat }: RowAliases): string =>
  `(SELECT ${messageJson({
    viewer: `${seat}.user_id`,
    visibleFrom: `${seat}.visible_from_seq`,
  })} FROM messages m WHERE m.room_id = ${seat}.room_id AND m.seq >= ${seat}.visible_from_seq ORDER BY m.seq DESC LIMIT 1)`;

const ofOther = ({ member: seat, room }: RowAliases, json: string): string => `(SELECT ${json} FROM users ou
  LEFT JOIN room_users os ON os.room_id = ${room}.id AND os.user_id = ou.id
  WHERE ou.id = CASE WHEN ${room}.user_low = ${seat}.user_id THEN ${room}.user_high ELSE ${room}.user_low END)`;

/** SQL: the {@link RoomView} of the person in the seat, as json. */
export const roomJson = (rows: RowAliases): string => `json_build_object(${neutral(rows)},
  'lastMessage', ${lastMessage(rows)},
  'otherUser', ${ofOther(rows, userJson('ou'))},
  'otherLastReadSeq', ${ofOther(
    rows,
    `CASE WHEN ${receiptsSql({ member: 'os', user: 'ou', head: rows.head }, `${rows.member}.user_id`)} THEN os.last_read_seq END`,
  )},
  'membership', ${membershipJson(rows)})`;
