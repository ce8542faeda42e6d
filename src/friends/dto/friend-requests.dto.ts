import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsId } from '../../common/validators.js';
import { FRIEND_REQUEST_STATUSES, type FriendRequestStatus } from '../friends.entity.js';

export class CreateFriendRequestDto {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' })
  @IsId()
  userId: string;
}

const DIRECTIONS = ['received', 'sent'] as const;

export class FriendRequestsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DIRECTIONS, description: 'Default: both.' })
  @IsOptional()
  @IsIn(DIRECTIONS)
  direction?: (typeof DIRECTIONS)[number];

  @ApiPropertyOptional({ enum: FRIEND_REQUEST_STATUSES, description: 'Default: all.' })
  @IsOptional()
  @IsIn(FRIEND_REQUEST_STATUSES)
  status?: FriendRequestStatus;
}
