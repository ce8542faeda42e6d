import { EnumField, IdField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';
import { FRIEND_REQUEST_STATUSES, type FriendRequestStatus } from '../friends.entity.js';

export class CreateFriendRequestDto {
  @IdField({ example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }) userId: string;
}

const DIRECTIONS = ['received', 'sent'] as const;

export class FriendRequestsQuery extends PageQuery {
  @EnumField({ optional: true, enum: DIRECTIONS, description: 'Default: both.' }) direction?: (typeof DIRECTIONS)[number];
  @EnumField({ optional: true, enum: FRIEND_REQUEST_STATUSES, description: 'Default: all.' }) status?: FriendRequestStatus;
}
