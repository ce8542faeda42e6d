import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import { userJson, UserView } from '../users/user.view.js';
import { FRIEND_REQUEST_STATUSES, type FriendRequestStatus } from './friends.entity.js';

// The views of this module, each with its SQL.

/** A row of a list of users, with the keyset position `at` and `id`. */
export interface PairRow<View> {
  readonly id: string;
  readonly at: string;
  readonly view: View;
}

export class FriendRequestView {
  @ApiProperty({ format: 'uuid', example: '0199f3a4-0c51-7e0b-8d6a-5a1b2c3d4e5f' }) id: string;
  @ApiProperty({ type: UserView }) fromUser: UserView;
  @ApiProperty({ type: UserView }) toUser: UserView;
  @ApiProperty({ enum: FRIEND_REQUEST_STATUSES, example: 'pending' }) status: FriendRequestStatus;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) decidedAt: string | null;
}

/** SQL: the view of the request `r` of the user `f` to the user `t`. */
export const FRIEND_REQUEST_JSON = `jsonb_build_object('id', r.id, 'fromUser', ${userJson('f')}, 'toUser', ${userJson('t')},
  'status', r.status, 'createdAt', ${timeJson('r.created_at')}, 'decidedAt', ${timeJson('r.decided_at')})`;

export class FriendView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:31:00.000Z' }) createdAt: string;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Your private room with this friend, if there is one.',
    example: '0199f3a5-91b3-7f21-9a77-0d1e2f3a4b5c',
  })
  roomId: string | null;
}

/** SQL: the view of the friendship `f` with the user `u` and the private room `r`. */
export const FRIEND_JSON = `jsonb_build_object('user', ${userJson('u')}, 'createdAt', ${timeJson('f.created_at')}, 'roomId', r.id)`;

export class BlockView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:32:00.000Z' }) createdAt: string;
}

/** SQL: the view of the block `b` of the user `u`. */
export const BLOCK_JSON = `jsonb_build_object('user', ${userJson('u')}, 'createdAt', ${timeJson('b.created_at')})`;
