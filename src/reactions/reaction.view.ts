import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import { userJson, UserView } from '../users/user.view.js';

/** A reaction of a user. */
export class ReactionView {
  @ApiProperty({ format: 'uuid', example: '0199f3c2-4f00-7b11-9c66-0d1e2f3a4b5c' }) id: string;
  @ApiProperty({ format: 'uuid' }) roomId: string;
  @ApiProperty({ format: 'uuid' }) messageId: string;
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ example: '👍' }) reaction: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
}

/** SQL: a {@link ReactionView} as json, of the rows `r` of `reactions` and `u` of `users`. */
export const REACTION_JSON = `json_build_object('id', r.id, 'roomId', r.room_id, 'messageId', r.message_id, 'user', ${userJson('u')},
  'reaction', r.reaction, 'createdAt', ${timeJson('r.created_at')})`;
