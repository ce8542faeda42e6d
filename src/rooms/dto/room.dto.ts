import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsNotNull, IsId, IsText } from '../../common/validators.js';
import { HISTORY_VISIBILITIES, ROOM_BOUNDS, ROOM_TYPES, type HistoryVisibility, type RoomType } from '../../room-access/room.types.js';

const { name, description, tags, tag, slowModeSeconds } = ROOM_BOUNDS;
const ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const SOMETHING = /\S/u;
const BLANK = { message: 'must not be blank' };

/** How a room is called and set. */
class RoomFieldsDto {
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: name, example: 'Weekend trip' })
  @IsOptional()
  @IsText(1, name)
  @Matches(SOMETHING, BLANK)
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: description, example: 'Where we go and when' })
  @IsOptional()
  @IsText(0, description)
  description?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, description: "An image of one's own.", example: null })
  @IsOptional()
  @IsId()
  avatarMediaId?: string | null;

  @ApiPropertyOptional({ description: 'Anybody may find and join it. Never a private room.', example: false })
  @IsNotNull()
  @IsBoolean()
  isPublic?: boolean;

  @ApiPropertyOptional({ type: [String], maxItems: tags, description: `Each of 1 to ${tag} characters.`, example: ['travel'] })
  @IsNotNull()
  @IsArray()
  @ArrayMaxSize(tags)
  @ArrayUnique()
  @IsText(1, tag, { each: true })
  @Matches(SOMETHING, { each: true, ...BLANK })
  metaTags?: string[];

  @ApiPropertyOptional({ enum: HISTORY_VISIBILITIES, description: 'For those who join after it is set.', example: 'all' })
  @IsNotNull()
  @IsIn(HISTORY_VISIBILITIES)
  historyVisibility?: HistoryVisibility;
}

export class CreateRoomDto extends RoomFieldsDto {
  @ApiProperty({ enum: ROOM_TYPES, example: 'group' })
  @IsIn(ROOM_TYPES)
  type: RoomType;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, description: 'For a private room of two members of that team.' })
  @IsOptional()
  @IsId()
  teamId?: string | null;

  @ApiPropertyOptional({ type: [String], maxItems: 100, description: 'All or none; a private room takes one person.', example: [ID] })
  @IsNotNull()
  @IsArray()
  @ArrayMaxSize(100)
  @IsId({ each: true })
  userIds?: string[];
}

export class UpdateRoomDto extends RoomFieldsDto {
  @ApiPropertyOptional({ minimum: 0, maximum: slowModeSeconds, description: 'Seconds; 0 ends it. Staff is exempt.', example: 0 })
  @IsNotNull()
  @IsInt()
  @Min(0)
  @Max(slowModeSeconds)
  slowModeSeconds?: number;

  @ApiPropertyOptional({ description: 'False: no new messages.', example: true })
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
  @ApiPropertyOptional({ format: 'uuid', description: 'Of somebody else: for admins and owners.' })
  @IsNotNull()
  @IsId()
  userId?: string;
}

export class PublicRoomsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'A part of the name or the description, or a whole tag.', maxLength: name })
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
    description: 'By `activity` a room that wakes while you page moves to the front; by `id` the list is stable and complete.',
  })
  @IsNotNull()
  @IsIn(ROOM_ORDERS)
  order: (typeof ROOM_ORDERS)[number] = 'activity';
}
