import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsNotNull, IsId, IsText } from '../../common/validators.js';
import { HISTORY_VISIBILITIES, ROOM_BOUNDS, ROOM_TYPES, type HistoryVisibility, type RoomType } from '../../room-access/room.types.js';

const { name, description, tags, tag, slowModeSeconds } = ROOM_BOUNDS;
const ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const NOT_BLANK = /\S/u;
const BLANK_MESSAGE = { message: 'must not be blank' };

class RoomFieldsDto {
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: name, example: 'Weekend trip' })
  @IsOptional()
  @IsText(1, name)
  @Matches(NOT_BLANK, BLANK_MESSAGE)
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: description, example: 'Where we go and when' })
  @IsOptional()
  @IsText(0, description)
  description?: string | null;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'An image that you uploaded, with the status `ready`.',
    example: null,
  })
  @IsOptional()
  @IsId()
  avatarMediaId?: string | null;

  @ApiPropertyOptional({ description: 'True: any user may find and join the room. Must be false for a private room.', example: false })
  @IsNotNull()
  @IsBoolean()
  isPublic?: boolean;

  @ApiPropertyOptional({ type: [String], maxItems: tags, description: `Each of 1 to ${tag} characters.`, example: ['travel'] })
  @IsNotNull()
  @IsArray()
  @ArrayMaxSize(tags)
  @ArrayUnique()
  @IsText(1, tag, { each: true })
  @Matches(NOT_BLANK, { each: true, ...BLANK_MESSAGE })
  metaTags?: string[];

  @ApiPropertyOptional({ enum: HISTORY_VISIBILITIES, description: 'Applies to users who join later.', example: 'all' })
  @IsNotNull()
  @IsIn(HISTORY_VISIBILITIES)
  historyVisibility?: HistoryVisibility;
}

export class CreateRoomDto extends RoomFieldsDto {
  @ApiProperty({ enum: ROOM_TYPES, example: 'group' })
  @IsIn(ROOM_TYPES)
  type: RoomType;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The team that contains a private room; both users must be members of it.',
  })
  @IsOptional()
  @IsId()
  teamId?: string | null;

  @ApiPropertyOptional({
    type: [String],
    maxItems: 100,
    description: 'All are added, or none. A private room takes one user.',
    example: [ID],
  })
  @IsNotNull()
  @IsArray()
  @ArrayMaxSize(100)
  @IsId({ each: true })
  userIds?: string[];
}

export class UpdateRoomDto extends RoomFieldsDto {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: slowModeSeconds,
    description: 'Seconds that a member must wait between two messages; 0: no slow mode. Admins and owners are exempt.',
    example: 0,
  })
  @IsNotNull()
  @IsInt()
  @Min(0)
  @Max(slowModeSeconds)
  slowModeSeconds?: number;

  @ApiPropertyOptional({ description: 'False: the room accepts no new messages.', example: true })
  @IsNotNull()
  @IsBoolean()
  active?: boolean;
}

export class TransferOwnershipDto {
  @ApiProperty({ format: 'uuid', example: ID })
  @IsId()
  userId: string;
}

export class RoomPermissionsQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Another member; for admins and owners.' })
  @IsNotNull()
  @IsId()
  userId?: string;
}

export class PublicRoomsQuery extends PageQuery {
  @ApiPropertyOptional({
    description: "Part of the name or description; also a whole tag (public rooms) or part of the other member's name (your rooms).",
    maxLength: name,
  })
  @IsNotNull()
  @IsText(0, name)
  query?: string;

  @ApiPropertyOptional({ maxLength: tag, example: 'travel' })
  @IsNotNull()
  @IsText(1, tag)
  tag?: string;
}

export const ROOM_ORDERS = ['activity', 'id'] as const;

export class MyRoomsQuery extends PublicRoomsQuery {
  @ApiPropertyOptional({ enum: ROOM_TYPES })
  @IsNotNull()
  @IsIn(ROOM_TYPES)
  type?: RoomType;

  @ApiPropertyOptional({
    enum: ROOM_ORDERS,
    default: 'activity',
    description:
      'With `activity`, a room with a new message moves to the front while you page; with `id`, the list is stable and complete.',
  })
  @IsNotNull()
  @IsIn(ROOM_ORDERS)
  order: (typeof ROOM_ORDERS)[number] = 'activity';
}
