import { ApiProperty, OmitType, PickType } from '@nestjs/swagger';
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
import { MEMBERSHIP_JSON, MembershipView, receiptsSql } from '../room-users/room-user.view.js';
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
  @ApiProperty({ description: 'An inactive room accepts no new messages.', example: true }) active: boolean;
  @ApiProperty({ enum: HISTORY_VISIBILITIES, example: 'all' }) historyVisibility: HistoryVisibility;
  @ApiProperty({ description: 'Seconds that a member must wait between two messages; 0: no slow mode.', example: 0 })
  slowModeSeconds: number;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The team that a private room belongs to.', example: null })
  teamId: string | null;
  @ApiProperty({ format: 'uuid' }) createdBy: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) updatedAt: string;
  @ApiProperty({ description: 'With `rev`, a sync cursor.', example: 42 }) lastSeq: number;
  @ApiProperty({ example: 7 }) rev: number;
  @ApiProperty({ example: 3 }) memberCount: number;
  @ApiProperty({
    type: MessageView,
    nullable: true,
    description: 'The visible message of highest `seq`; may be a tombstone or a system message.',
  })
  lastMessage: MessageView | null;
  @ApiProperty({ type: UserView, nullable: true, description: 'The other member of a private room.' }) otherUser: UserView | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Read mark of the other member of a private room, if both share read receipts.',
  })
  otherLastReadSeq: number | null;
  @ApiProperty({ type: MembershipView }) membership: MembershipView;
}

/** A room without what is specific to a viewer; for broadcasts. */
export class NeutralRoomView extends OmitType(RoomView, ['lastMessage', 'otherUser', 'otherLastReadSeq', 'membership'] as const) {}

const CARD_FIELDS = [
  'id',
  'type',
  'name',
  'description',
  'avatarUrl',
  'isPublic',
  'metaTags',
  'active',
  'memberCount',
  'createdAt',
] as const;

/** A public room as other users see it. */
export class RoomCardView extends PickType(RoomView, CARD_FIELDS) {
  @ApiProperty({ type: MembershipView, nullable: true, description: 'In the list of public rooms: your membership, if you are a member.' })
  membership: MembershipView | null;
}

export const PERMISSION_RULES = ['role_preset', 'granted', 'not_granted', 'room_inactive', 'silenced'] as const;
/** Allowed by the preset or an override (`granted`); denied by the preset, an override (`not_granted`), the room's state or a silence. */
export type PermissionRule = (typeof PERMISSION_RULES)[number];

class RuledPermissionView {
  @ApiProperty({ enum: ROOM_PERMISSIONS, example: 'can_create_messages' }) permission: RoomPermission;
  @ApiProperty({ example: true }) allowed: boolean;
  @ApiProperty({ enum: PERMISSION_RULES, description: 'The rule that allows or denies it.', example: 'role_preset' }) rule: PermissionRule;
}

/** The permissions of a member, each with the rule that decides. */
export class RoomPermissionsView {
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty({ enum: ROOM_ROLES, example: 'member' }) role: RoomRole;
  @ApiProperty({ type: [RuledPermissionView] }) permissions: RuledPermissionView[];
}

// The SQL below expects the aliases of MEMBER_ROWS.

const CARD_COLUMNS = `'id', r.id, 'type', r.type, 'name', r.name, 'description', r.description,
  'avatarUrl', ${avatarUrlSql('r.avatar_media_id')}, 'isPublic', r.is_public, 'metaTags', to_json(r.meta_tags), 'active', r.active,
  'memberCount', h.member_count, 'createdAt', ${timeJson('r.created_at')}`;

const NEUTRAL_COLUMNS = `${CARD_COLUMNS}, 'historyVisibility', r.history_visibility, 'slowModeSeconds', r.slow_mode_seconds,
  'teamId', r.team_id, 'createdBy', r.created_by, 'updatedAt', ${timeJson('r.updated_at')}, 'lastSeq', h.last_seq, 'rev', h.rev`;

/** SQL: a {@link NeutralRoomView} as json. */
export const NEUTRAL_ROOM_JSON = `json_build_object(${NEUTRAL_COLUMNS})`;

/** SQL: a {@link RoomCardView} as json. @param membership SQL of the viewer's {@link MembershipView} */
export const roomCardJson = (membership = 'NULL::json'): string => `json_build_object(${CARD_COLUMNS}, 'membership', ${membership})`;

const LAST_MESSAGE = `(SELECT ${messageJson({ viewer: 'ru.user_id', visibleFrom: 'ru.visible_from_seq' })} FROM messages m
  WHERE m.room_id = ru.room_id AND m.seq >= ru.visible_from_seq ORDER BY m.seq DESC LIMIT 1)`;

/** SQL: `json` of the other user `ou` of a private room and their membership `oru`. */
const ofOtherUser = (json: string): string => `(SELECT ${json} FROM users ou
  LEFT JOIN room_users oru ON oru.room_id = r.id AND oru.user_id = ou.id
  WHERE ou.id = CASE WHEN r.user_low = ru.user_id THEN r.user_high ELSE r.user_low END)`;

const OTHER_RECEIPTS = receiptsSql('ru.user_id', { member: 'oru', user: 'ou' });

/** SQL: the {@link RoomView} of a member, as json. */
export const ROOM_JSON = `json_build_object(${NEUTRAL_COLUMNS}, 'lastMessage', ${LAST_MESSAGE},
  'otherUser', ${ofOtherUser(userJson('ou'))},
  'otherLastReadSeq', ${ofOtherUser(`CASE WHEN ${OTHER_RECEIPTS} THEN oru.last_read_seq END`)}, 'membership', ${MEMBERSHIP_JSON})`;
