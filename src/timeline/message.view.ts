import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import { mediaJson, MediaView } from '../media/media.view.js';
import { avatarUrlOf, userJson, UserView } from '../users/user.view.js';
import { EVERYONE_ID, MESSAGE_TYPES, type MessageType, SYSTEM_EVENTS, type SystemEvent } from './message.types.js';

/** Code points of the text in a preview. */
export const PREVIEW_LENGTH = 200;

export class PreviewView {
  @ApiProperty({ enum: MESSAGE_TYPES, example: 'text' }) type: MessageType;
  @ApiProperty({ type: String, nullable: true, description: `At most ${PREVIEW_LENGTH} characters; null for a deleted message.` })
  text: string | null;
  @ApiProperty({ type: UserView }) user: UserView;
}

export class ReplyToView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 41 }) seq: number;
  @ApiProperty({ type: PreviewView, nullable: true, description: 'Null if you may not see the original message.' })
  preview: PreviewView | null;
}

export class MentionView {
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty({ example: 'bob' }) username: string;
}

export class ReactionCountView {
  @ApiProperty({ example: '👍' }) reaction: string;
  @ApiProperty({ example: 3 }) count: number;
  @ApiProperty({ required: false, description: 'Whether you have reacted with it; absent in broadcasts.' }) mine?: boolean;
}

export class SystemView {
  @ApiProperty({ enum: SYSTEM_EVENTS, example: 'user_added' }) event: SystemEvent;
  @ApiProperty({ type: [String], format: 'uuid' }) userIds: string[];
}

/** A message, in REST answers and socket events alike. A deleted one is a tombstone: no text, no media, no reactions. */
@ApiExtraModels(MentionView)
export class MessageView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }) id: string;
  @ApiProperty({ format: 'uuid' }) roomId: string;
  @ApiProperty({ description: 'Sequence number in the room: 1, 2, 3, … without gaps.', example: 42 }) seq: number;
  @ApiProperty({ description: '`rev` of the last change of the message; 0 if there is none.', example: 0 }) rev: number;
  @ApiProperty({ enum: MESSAGE_TYPES, example: 'text' }) type: MessageType;
  @ApiProperty({ type: String, nullable: true, example: 'hello' }) text: string | null;
  @ApiProperty({ type: [MediaView] }) media: MediaView[];
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ type: ReplyToView, nullable: true }) replyTo: ReplyToView | null;
  @ApiProperty({ example: 0 }) replyCount: number;
  @ApiProperty({
    oneOf: [
      { type: 'array', items: { $ref: getSchemaPath(MentionView) } },
      { type: 'string', enum: ['all'] },
    ],
  })
  mentions: MentionView[] | 'all';
  @ApiProperty({ type: [ReactionCountView] }) reactions: ReactionCountView[];
  @ApiProperty({ example: false }) pinned: boolean;
  @ApiProperty({ type: SystemView, nullable: true }) system: SystemView | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) editedAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) deletedAt: string | null;
}

/** The answer to a send. */
export interface SendResult {
  message: MessageView;
  /** False when the same message was stored before. */
  created: boolean;
}

/** The viewer for whom the SQL of a message is built; both fields are SQL expressions. */
export interface MessageViewer {
  /** The viewer's id; null gives the neutral view, without `mine`. */
  viewer: string | null;
  /** The first seq that the viewer may see; null shows every preview. */
  visibleFrom: string | null;
}

const nameOf = (alias: string): string => `coalesce(${alias}.display_name, ${alias}.username)`;

/**
 * The English text of a system message, made on each read: the name of a deleted user must not stay in it. OFFSET 0 makes Postgres look up
 * the names once.
 */
const systemText = (m: string): string => `(SELECT CASE ${m}.system_event
    WHEN 'room_created' THEN names.actor || ' made the room' WHEN 'user_added' THEN names.actor || ' added ' || names.users
    WHEN 'user_joined' THEN names.users || ' joined' WHEN 'user_left' THEN names.users || ' left'
    WHEN 'user_removed' THEN names.actor || ' removed ' || names.users WHEN 'owner_changed' THEN names.users || ' is now the owner'
    WHEN 'room_updated' THEN names.actor || ' changed the room' END
  FROM (SELECT (SELECT ${nameOf('sa')} FROM users sa WHERE sa.id = ${m}.user_id) AS actor,
    (SELECT string_agg(${nameOf('sp')}, ', ' ORDER BY si.position)
     FROM unnest(${m}.system_user_ids) WITH ORDINALITY si (id, position) JOIN users sp ON sp.id = si.id) AS users OFFSET 0) names)`;

const textOf = (m: string): string => `CASE WHEN ${m}.type = 'system' THEN ${systemText(m)} ELSE ${m}.text END`;

const previewJson = (m: string): string => `(SELECT json_build_object(
    'type', o.type, 'text', left(${textOf('o')}, ${PREVIEW_LENGTH}), 'user', ${userJson('ou')})
  FROM messages o JOIN users ou ON ou.id = o.user_id WHERE o.room_id = ${m}.room_id AND o.seq = ${m}.reply_to_seq)`;

const reactionsJson = (m: string, viewer: string | null): string => {
  const mine = viewer
    ? `, 'mine', EXISTS (SELECT 1 FROM reactions rx
        WHERE rx.room_id = rc.room_id AND rx.message_id = rc.message_id AND rx.user_id = ${viewer} AND rx.reaction = rc.reaction)`
    : '';
  return `coalesce((SELECT json_agg(json_build_object('reaction', rc.reaction, 'count', rc.count${mine}) ORDER BY rc.first_at, rc.reaction)
    FROM reaction_counts rc WHERE rc.room_id = ${m}.room_id AND rc.message_id = ${m}.id), '[]')`;
};

const mentionsJson = (m: string): string => `coalesce((SELECT CASE WHEN bool_or(mn.user_id = '${EVERYONE_ID}') THEN to_json('all'::text)
    ELSE json_agg(json_build_object('userId', mn.user_id, 'username', mu.username) ORDER BY mu.username) END
  FROM message_mentions mn LEFT JOIN users mu ON mu.id = mn.user_id WHERE mn.room_id = ${m}.room_id AND mn.message_id = ${m}.id), '[]')`;

const mediaListJson = (m: string): string => `coalesce((SELECT json_agg(${mediaJson('mf')} ORDER BY ml.position)
  FROM message_media ml JOIN media mf ON mf.id = ml.media_id WHERE ml.room_id = ${m}.room_id AND ml.message_id = ${m}.id), '[]')`;

/** SQL: a MessageView, as json, of the row `m` of `messages`. Only {@link sentViewOf} repeats this shape. */
export const messageJson = ({ viewer, visibleFrom }: MessageViewer, m = 'm'): string => `json_build_object(
  'id', ${m}.id, 'roomId', ${m}.room_id, 'seq', ${m}.seq, 'rev', ${m}.rev, 'type', ${m}.type, 'text', ${textOf(m)},
  'media', ${mediaListJson(m)},
  'user', (SELECT ${userJson('au')} FROM users au WHERE au.id = ${m}.user_id),
  'replyTo', CASE WHEN ${m}.reply_to_id IS NOT NULL THEN json_build_object('id', ${m}.reply_to_id, 'seq', ${m}.reply_to_seq,
    'preview', ${visibleFrom ? `CASE WHEN ${m}.reply_to_seq >= ${visibleFrom} THEN ${previewJson(m)} END` : previewJson(m)}) END,
  'replyCount', ${m}.reply_count,
  'mentions', ${mentionsJson(m)},
  'reactions', ${reactionsJson(m, viewer)},
  'pinned', EXISTS (SELECT 1 FROM message_pins mp WHERE mp.room_id = ${m}.room_id AND mp.message_id = ${m}.id),
  'system', CASE WHEN ${m}.system_event IS NOT NULL THEN json_build_object('event', ${m}.system_event, 'userIds', ${m}.system_user_ids) END,
  'createdAt', ${timeJson(`${m}.created_at`)}, 'editedAt', ${timeJson(`${m}.edited_at`)}, 'deletedAt', ${timeJson(`${m}.deleted_at`)})`;

/** The fields of a message just sent that the send function returns. */
export interface SentRow {
  seq: number;
  type: MessageType;
  created_at: Date;
  username: string;
  display_name: string | null;
  avatar_media_id: string | null;
  user_created_at: Date;
}

/** Returns the view of a plain text just sent: what {@link messageJson} would give, without another query. */
export const sentViewOf = (id: string, roomId: string, userId: string, text: string | null, row: SentRow): MessageView => ({
  id,
  roomId,
  seq: row.seq,
  rev: 0,
  type: row.type,
  text,
  media: [],
  user: {
    id: userId,
    username: row.username,
    displayName: row.display_name,
    avatarUrl: avatarUrlOf(row.avatar_media_id),
    deleted: false,
    createdAt: row.user_created_at.toISOString(),
  },
  replyTo: null,
  replyCount: 0,
  mentions: [],
  reactions: [],
  pinned: false,
  system: null,
  createdAt: row.created_at.toISOString(),
  editedAt: null,
  deletedAt: null,
});
