import { BooleanField, EnumField, IdField, IdsField, IntegerField, TextField, TextsField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';
import { HISTORY_VISIBILITIES, ROOM_BOUNDS, ROOM_TYPES, type HistoryVisibility, type RoomType } from '../../room-access/room.types.js';

const { name, description, tags, tag, slowModeSeconds } = ROOM_BOUNDS;
const ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';

class RoomFieldsDto {
  @TextField({ optional: true, nullable: true, minLength: 1, maxLength: name, notBlank: true, example: 'Weekend trip' })
  name?: string | null;
  @TextField({ optional: true, nullable: true, maxLength: description, example: 'Where we go and when' }) description?: string | null;
  @IdField({ optional: true, nullable: true, description: 'An image that you uploaded, with the status `ready`.', example: null })
  avatarMediaId?: string | null;
  @BooleanField({
    optional: true,
    description: 'True: any user may find and join the room. Must be false for a private room.',
    example: false,
  })
  isPublic?: boolean;
  @TextsField({
    optional: true,
    maxItems: tags,
    unique: true,
    each: { minLength: 1, maxLength: tag, notBlank: true },
    description: `Each of 1 to ${tag} characters.`,
    example: ['travel'],
  })
  metaTags?: string[];
  @EnumField({ optional: true, enum: HISTORY_VISIBILITIES, description: 'Applies to users who join later.', example: 'all' })
  historyVisibility?: HistoryVisibility;
}

export class CreateRoomDto extends RoomFieldsDto {
  @EnumField({ enum: ROOM_TYPES, example: 'group' }) type: RoomType;
  @IdField({ optional: true, nullable: true, description: 'The team that contains a private room; both users must be members of it.' })
  teamId?: string | null;
  @IdsField({ optional: true, maxItems: 100, description: 'All are added, or none. A private room takes one user.', example: [ID] })
  userIds?: string[];
}

export class UpdateRoomDto extends RoomFieldsDto {
  @IntegerField({
    optional: true,
    minimum: 0,
    maximum: slowModeSeconds,
    description: 'Seconds that a member must wait between two messages; 0: no slow mode. Admins and owners are exempt.',
    example: 0,
  })
  slowModeSeconds?: number;
  @BooleanField({ optional: true, description: 'False: the room accepts no new messages.', example: true }) active?: boolean;
}

export class TransferOwnershipDto {
  @IdField({ example: ID }) userId: string;
}

export class RoomPermissionsQuery {
  @IdField({ optional: true, description: 'Another member; for admins and owners.' }) userId?: string;
}

export class PublicRoomsQuery extends PageQuery {
  @TextField({
    optional: true,
    description: "Part of the name or description; also a whole tag (public rooms) or part of the other member's name (your rooms).",
    maxLength: name,
  })
  query?: string;
  @TextField({ optional: true, notEmpty: true, maxLength: tag, example: 'travel' }) tag?: string;
}

export const ROOM_ORDERS = ['activity', 'id'] as const;

export class MyRoomsQuery extends PublicRoomsQuery {
  @EnumField({ optional: true, enum: ROOM_TYPES }) type?: RoomType;
  @EnumField({
    optional: true,
    enum: ROOM_ORDERS,
    default: 'activity',
    description:
      'With `activity`, a room with a new message moves to the front while you page; with `id`, the list is stable and complete.',
  })
  order: (typeof ROOM_ORDERS)[number] = 'activity';
}
