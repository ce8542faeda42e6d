import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsObject, IsOptional, ValidateNested } from 'class-validator';
import { IsId, IsNotNull, IsText } from '../../common/validators.js';
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
  @ApiPropertyOptional({
    enum: DELETED_ACCOUNT_MESSAGES,
    default: 'keep',
    description: '`keep`: the messages stay, as those of a deleted user. `erase`: they become tombstones within the hour.',
  })
  @IsIn(DELETED_ACCOUNT_MESSAGES)
  messages: DeletedAccountMessages = 'keep';
}

export class UpdatePrivacyDto {
  @ApiPropertyOptional({ enum: FRIEND_REQUESTS, example: 'everyone' })
  @IsNotNull()
  @IsIn(FRIEND_REQUESTS)
  friendRequests?: FriendRequestPrivacy;

  @ApiPropertyOptional({ enum: DIRECT_MESSAGES, example: 'friends' })
  @IsNotNull()
  @IsIn(DIRECT_MESSAGES)
  directMessages?: DirectMessagePrivacy;

  @ApiPropertyOptional({ enum: GROUP_INVITES, example: 'friends' })
  @IsNotNull()
  @IsIn(GROUP_INVITES)
  groupInvites?: GroupInvitePrivacy;

  @ApiPropertyOptional({ enum: PRESENCE, example: 'nobody' })
  @IsNotNull()
  @IsIn(PRESENCE)
  presence?: PresencePrivacy;

  @ApiPropertyOptional({ example: false })
  @IsNotNull()
  @IsBoolean()
  readReceipts?: boolean;
}

/** A field that is left out stays; null clears it. */
export class UpdateMeDto {
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: MAX_DISPLAY_NAME, example: 'Ana Lima' })
  @IsOptional()
  @IsText(1, MAX_DISPLAY_NAME)
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
