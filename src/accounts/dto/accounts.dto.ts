import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, ValidateNested } from 'class-validator';
import { BooleanField, EnumField, IsId, IsNotNull, TextField } from '../../common/fields.js';
import {
  DIRECT_MESSAGES,
  FRIEND_REQUESTS,
  GROUP_INVITES,
  PRESENCE,
  type DirectMessagePrivacy,
  type FriendRequestPrivacy,
  type GroupInvitePrivacy,
  type PresencePrivacy,
} from '../../users/privacy.types.js';
import { MAX_DISPLAY_NAME } from '../../users/user.policy.js';

export const DELETED_ACCOUNT_MESSAGES = ['keep', 'erase'] as const;
export type DeletedAccountMessages = (typeof DELETED_ACCOUNT_MESSAGES)[number];

export class DeleteAccountDto {
  @EnumField({
    optional: true,
    enum: DELETED_ACCOUNT_MESSAGES,
    default: 'keep',
    description: '`keep`: the messages stay, as those of a deleted user. `erase`: they become tombstones within the hour.',
  })
  messages: DeletedAccountMessages = 'keep';
}

export class UpdatePrivacyDto {
  @EnumField({ optional: true, enum: FRIEND_REQUESTS, example: 'everyone' }) friendRequests?: FriendRequestPrivacy;
  @EnumField({ optional: true, enum: DIRECT_MESSAGES, example: 'friends' }) directMessages?: DirectMessagePrivacy;
  @EnumField({ optional: true, enum: GROUP_INVITES, example: 'friends' }) groupInvites?: GroupInvitePrivacy;
  @EnumField({ optional: true, enum: PRESENCE, example: 'nobody' }) presence?: PresencePrivacy;
  @BooleanField({ optional: true, example: false }) readReceipts?: boolean;
}

/** A field that is left out stays; null clears it. */
export class UpdateMeDto {
  @TextField({ optional: true, nullable: true, minLength: 1, maxLength: MAX_DISPLAY_NAME, example: 'Ana Lima' })
  displayName?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'uuid',
    description: 'An image that you uploaded, with the status `ready`.',
  })
  @IsOptional()
  @IsId()
  avatarMediaId?: string | null;

  @ApiPropertyOptional({ type: UpdatePrivacyDto, description: 'Only the settings to change.' })
  @IsNotNull()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => UpdatePrivacyDto)
  privacy?: UpdatePrivacyDto;
}
