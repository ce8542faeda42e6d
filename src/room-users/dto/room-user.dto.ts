import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { ROOM_PERMISSIONS, type RoomPermission } from '../../common/permissions.js';
import { IsNotNull, IsId, IsText, IsTime } from '../../common/validators.js';
import { ROOM_BOUNDS, ROOM_ROLES, type RoomRole } from '../../room-access/room.types.js';

const USER_ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const MAX_ADDED = 100;

class RoleRequestDto {
  @ApiPropertyOptional({ enum: ROOM_ROLES, description: 'Must be below your own. A new role removes overrides.', example: 'member' })
  @IsNotNull()
  @IsIn(ROOM_ROLES)
  role?: RoomRole;

  @ApiPropertyOptional({
    enum: ROOM_PERMISSIONS,
    isArray: true,
    description: 'The whole permission set, not a difference.',
    example: ['can_add_reactions'],
  })
  @IsNotNull()
  @IsArray()
  @ArrayMaxSize(ROOM_PERMISSIONS.length)
  @ArrayUnique()
  @IsIn(ROOM_PERMISSIONS, { each: true })
  permissions?: RoomPermission[];
}

/** One of `userId` and `userIds`. */
export class AddMembersDto extends RoleRequestDto {
  @ApiPropertyOptional({ format: 'uuid', example: USER_ID })
  @IsNotNull()
  @IsId()
  userId?: string;

  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_ADDED, description: 'All are added, or none.', example: [USER_ID] })
  @IsNotNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ADDED)
  @IsId({ each: true })
  userIds?: string[];
}

export class UpdateMemberDto extends RoleRequestDto {
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Null lifts the silence. A silence is kept when the member leaves.',
  })
  @IsOptional()
  @IsTime()
  silencedUntil?: string | null;
}

export class UpdateMembershipDto {
  @ApiPropertyOptional({ example: true })
  @IsNotNull()
  @IsBoolean()
  muted?: boolean;

  @ApiPropertyOptional({ example: false })
  @IsNotNull()
  @IsBoolean()
  pinned?: boolean;

  @ApiPropertyOptional({ example: false })
  @IsNotNull()
  @IsBoolean()
  archived?: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: ROOM_BOUNDS.draft, example: 'On my way' })
  @IsOptional()
  @IsText(0, ROOM_BOUNDS.draft)
  draft?: string | null;
}

export class MarkReadDto {
  @ApiProperty({
    minimum: 0,
    description: 'A `seq` after the last message means the last message; a `seq` below the read mark changes nothing.',
    example: 42,
  })
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;
}

export class BanUserDto {
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'Left out or null: until the ban is lifted.' })
  @IsOptional()
  @IsTime()
  until?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: ROOM_BOUNDS.reason, example: 'spam' })
  @IsOptional()
  @IsText(0, ROOM_BOUNDS.reason)
  reason?: string | null;
}

export class RoomUsersQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Part of the username or display name.', maxLength: 64 })
  @IsOptional()
  @IsText(0, 64)
  query?: string;

  @ApiPropertyOptional({ enum: ROOM_ROLES })
  @IsOptional()
  @IsIn(ROOM_ROLES)
  role?: RoomRole;
}
