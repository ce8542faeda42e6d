import { BooleanField, EnumField, EnumsField, IdField, IdsField, IntegerField, TextField, TimeField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';
import { ROOM_PERMISSIONS, type RoomPermission } from '../../common/permissions.js';
import { ROOM_BOUNDS, ROOM_ROLES, type RoomRole } from '../../room-access/room.types.js';

const USER_ID = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const MAX_ADDED = 100;

class RoleRequestDto {
  @EnumField({ optional: true, enum: ROOM_ROLES, description: 'Must be below your own. A new role removes overrides.', example: 'member' })
  role?: RoomRole;
  @EnumsField({
    optional: true,
    enum: ROOM_PERMISSIONS,
    description: 'The whole permission set, not a difference.',
    example: ['can_add_reactions'],
  })
  permissions?: RoomPermission[];
}

/** One of `userId` and `userIds`. */
export class AddMembersDto extends RoleRequestDto {
  @IdField({ optional: true, example: USER_ID }) userId?: string;
  @IdsField({ optional: true, minItems: 1, maxItems: MAX_ADDED, description: 'All are added, or none.', example: [USER_ID] })
  userIds?: string[];
}

export class UpdateMemberDto extends RoleRequestDto {
  @TimeField({ optional: true, nullable: true, description: 'Null lifts the silence. A silence is kept when the member leaves.' })
  silencedUntil?: string | null;
}

export class UpdateMembershipDto {
  @BooleanField({ optional: true, example: true }) muted?: boolean;
  @BooleanField({ optional: true, example: false }) pinned?: boolean;
  @BooleanField({ optional: true, example: false }) archived?: boolean;
  @TextField({ optional: true, nullable: true, maxLength: ROOM_BOUNDS.draft, example: 'On my way' }) draft?: string | null;
}

export class MarkReadDto {
  @IntegerField({
    minimum: 0,
    description: 'A `seq` after the last message means the last message; a `seq` below the read mark changes nothing.',
    example: 42,
  })
  seq: number;
}

export class BanUserDto {
  @TimeField({ optional: true, nullable: true, description: 'Left out or null: until the ban is lifted.' }) until?: string | null;
  @TextField({ optional: true, nullable: true, maxLength: ROOM_BOUNDS.reason, example: 'spam' }) reason?: string | null;
}

export class RoomUsersQuery extends PageQuery {
  @TextField({ optional: true, description: 'Part of the username or display name.', maxLength: 64 }) query?: string;
  @EnumField({ optional: true, enum: ROOM_ROLES }) role?: RoomRole;
}
