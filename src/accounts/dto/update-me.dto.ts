import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsObject, IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import { IsId, IsText } from '../../common/validators.js';
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

/** May be left out, but not be null: there is nothing to clear. */
const IsGivenOrAbsent = () => ValidateIf((_, value) => value !== undefined);

export class UpdatePrivacyDto {
  @ApiPropertyOptional({ enum: FRIEND_REQUESTS, example: 'everyone' })
  @IsGivenOrAbsent()
  @IsIn(FRIEND_REQUESTS)
  friendRequests?: FriendRequestPrivacy;

  @ApiPropertyOptional({ enum: DIRECT_MESSAGES, example: 'friends' })
  @IsGivenOrAbsent()
  @IsIn(DIRECT_MESSAGES)
  directMessages?: DirectMessagePrivacy;

  @ApiPropertyOptional({ enum: GROUP_INVITES, example: 'friends' })
  @IsGivenOrAbsent()
  @IsIn(GROUP_INVITES)
  groupInvites?: GroupInvitePrivacy;

  @ApiPropertyOptional({ enum: PRESENCE, example: 'nobody' })
  @IsGivenOrAbsent()
  @IsIn(PRESENCE)
  presence?: PresencePrivacy;

  @ApiPropertyOptional({ example: false })
  @IsGivenOrAbsent()
  @IsBoolean()
  readReceipts?: boolean;
}

/** What is left out stays as it is; null clears. */
export class UpdateMeDto {
  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: MAX_DISPLAY_NAME, example: 'Ana Lima' })
  @IsOptional()
  @IsText(1, MAX_DISPLAY_NAME)
  displayName?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'uuid', description: 'A ready image of my own.' })
  @IsOptional()
  @IsId()
  avatarMediaId?: string | null;

  @ApiPropertyOptional({ type: UpdatePrivacyDto, description: 'Only what is to change.' })
  @IsGivenOrAbsent()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => UpdatePrivacyDto)
  privacy?: UpdatePrivacyDto;
}
