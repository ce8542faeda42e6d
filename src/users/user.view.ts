import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import type { User } from './user.entity.js';
import {
  DIRECT_MESSAGES,
  type DirectMessagePrivacy,
  FRIEND_REQUESTS,
  type FriendRequestPrivacy,
  GROUP_INVITES,
  type GroupInvitePrivacy,
  PRESENCE,
  type PresencePrivacy,
  type Privacy,
} from './privacy.types.js';

/** A user as other users see it. */
export class UserView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }) id: string;
  @ApiProperty({ example: 'ana' }) username: string;
  @ApiProperty({ type: String, nullable: true, example: 'Ana Lima' }) displayName: string | null;
  @ApiProperty({ type: String, nullable: true, example: '/v1/media/0199f3a1-7b2c-7d10-8a55-4be0a1c2d3e4/content' }) avatarUrl:
    string | null;
  @ApiProperty({ description: 'Whether the account was deleted; if so, the username is a placeholder.', example: false }) deleted: boolean;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
}

export class PrivacyView implements Privacy {
  @ApiProperty({ enum: FRIEND_REQUESTS, example: 'everyone' }) friendRequests: FriendRequestPrivacy;
  @ApiProperty({ enum: DIRECT_MESSAGES, example: 'friends' }) directMessages: DirectMessagePrivacy;
  @ApiProperty({ enum: GROUP_INVITES, example: 'friends' }) groupInvites: GroupInvitePrivacy;
  @ApiProperty({ enum: PRESENCE, example: 'friends' }) presence: PresencePrivacy;
  @ApiProperty({ example: true }) readReceipts: boolean;
}

/** A user as the user sees it. */
export class MeView extends UserView {
  @ApiProperty({ type: PrivacyView }) privacy: PrivacyView;
  @ApiProperty({ description: 'Whether you are a platform admin.', example: false }) admin: boolean;
  @ApiProperty({ description: 'The number of your latest personal change.', example: 12 }) my: number;
}

/** The columns of a user that a {@link UserView} is made of. */
export type UserFace = Pick<User, 'id' | 'username' | 'displayName' | 'avatarMediaId' | 'createdAt' | 'deletedAt'>;

/** Returns the stable path of a picture; every request there is authorised. */
export const avatarUrlOf = (mediaId: string | null): string | null => (mediaId === null ? null : `/v1/media/${mediaId}/content`);

export const userViewOf = (user: UserFace): UserView => ({
  id: user.id,
  username: user.username,
  displayName: user.displayName,
  avatarUrl: avatarUrlOf(user.avatarMediaId),
  deleted: user.deletedAt !== null,
  createdAt: user.createdAt.toISOString(),
});

export const privacyOf = ({ friendRequests, directMessages, groupInvites, presence, readReceipts }: User): PrivacyView => ({
  friendRequests,
  directMessages,
  groupInvites,
  presence,
  readReceipts,
});

export const meViewOf = (user: User, my: number): MeView => ({ ...userViewOf(user), privacy: privacyOf(user), admin: user.admin, my });

/** SQL of {@link avatarUrlOf} for a column. */
export const avatarUrlSql = (mediaId: string): string => `'/v1/media/' || ${mediaId} || '/content'`;

/** SQL of {@link userViewOf} for the row `alias` of `users`, as jsonb. */
export const userJson = (alias: string): string => `jsonb_build_object(
  'id', ${alias}.id, 'username', ${alias}.username, 'displayName', ${alias}.display_name,
  'avatarUrl', ${avatarUrlSql(`${alias}.avatar_media_id`)}, 'deleted', ${alias}.deleted_at IS NOT NULL,
  'createdAt', ${timeJson(`${alias}.created_at`)})`;

/** SQL: whether the row `alias` of `users` is an active user. */
export const isActiveSql = (alias: string): string => `${alias}.deleted_at IS NULL AND ${alias}.deactivated_at IS NULL`;
