import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import { AUDIT_ACTIONS, type AuditAction } from '../room-access/room.types.js';
import { userJson, UserView } from '../users/user.view.js';

// The views of this module, each with its SQL.

export class ReportView {
  @ApiProperty({ format: 'uuid', example: '0199f3c0-11aa-7bb2-8cc3-9dd4ee5ff601' }) id: string;
  @ApiProperty({ format: 'uuid' }) roomId: string;
  @ApiProperty({ format: 'uuid', description: 'The message may have been deleted.' }) messageId: string;
  @ApiProperty({ type: UserView, description: 'The user who reported the message.' }) user: UserView;
  @ApiProperty({ example: 'Spam' }) reason: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ type: UserView, nullable: true, description: 'The user who resolved the report.' }) resolvedBy: UserView | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) resolvedAt: string | null;
  @ApiProperty({ type: String, nullable: true, example: null }) note: string | null;
}

const userOrNull = (alias: string): string => `CASE WHEN ${alias}.id IS NOT NULL THEN ${userJson(alias)} END`;

/** SQL: the view of the report `r` by the user `u`, resolved by the user `s` if there is one. */
export const REPORT_JSON = `jsonb_build_object('id', r.id, 'roomId', r.room_id, 'messageId', r.message_id, 'user', ${userJson('u')},
  'reason', r.reason, 'createdAt', ${timeJson('r.created_at')}, 'resolvedBy', ${userOrNull('s')},
  'resolvedAt', ${timeJson('r.resolved_at')}, 'note', r.note)`;

export class AuditEntryView {
  @ApiProperty({ format: 'uuid', example: '0199f3c1-22bb-7cc3-9dd4-0ee5ff601712' }) id: string;
  @ApiProperty({ format: 'uuid' }) roomId: string;
  @ApiProperty({ type: UserView, nullable: true, description: 'The user who acted; null: the server.' }) user: UserView | null;
  @ApiProperty({ enum: AUDIT_ACTIONS, example: 'user_banned' }) action: AuditAction;
  @ApiProperty({ type: UserView, nullable: true, description: 'The user who was affected.' }) targetUser: UserView | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null }) messageId: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Details of the action; never the content of a message.' })
  detail: Record<string, unknown>;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
}

/** SQL: the view of the entry `a` of the user `u` about the user `t`; both may be absent. */
export const AUDIT_ENTRY_JSON = `jsonb_build_object('id', a.id, 'roomId', a.room_id, 'user', ${userOrNull('u')}, 'action', a.action,
  'targetUser', ${userOrNull('t')}, 'messageId', a.message_id, 'detail', a.detail, 'createdAt', ${timeJson('a.created_at')})`;
