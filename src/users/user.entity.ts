import { Column, Entity, IsNull, PrimaryColumn, Unique } from 'typeorm';
import type { DirectMessagePrivacy, FriendRequestPrivacy, GroupInvitePrivacy, PresencePrivacy } from './privacy.types.js';

/** An account. Its row is never deleted, since messages and rooms name it. */
@Entity('users')
@Unique('users_username_key', ['username'])
@Unique('users_external_key', ['externalIssuer', 'externalSubject'])
export class User {
  @PrimaryColumn('uuid') id: string;
  /** Lower case. */
  @Column('text') username: string;
  @Column('text', { name: 'display_name', nullable: true }) displayName: string | null;
  @Column('uuid', { name: 'avatar_media_id', nullable: true }) avatarMediaId: string | null;
  /** Argon2id; null: the user cannot log in with a password. */
  @Column('text', { name: 'password_hash', nullable: true, select: false }) passwordHash: string | null;
  @Column('text', { name: 'external_issuer', nullable: true, select: false }) externalIssuer: string | null;
  @Column('text', { name: 'external_subject', nullable: true, select: false }) externalSubject: string | null;
  /** A platform admin. */
  @Column('boolean', { default: false }) admin: boolean;
  @Column('text', { name: 'friend_requests' }) friendRequests: FriendRequestPrivacy;
  @Column('text', { name: 'direct_messages' }) directMessages: DirectMessagePrivacy;
  @Column('text', { name: 'group_invites' }) groupInvites: GroupInvitePrivacy;
  @Column('text') presence: PresencePrivacy;
  @Column('boolean', { name: 'read_receipts' }) readReceipts: boolean;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'deactivated_at', precision: 3, nullable: true }) deactivatedAt: Date | null;
  @Column({ type: 'timestamptz', name: 'deleted_at', precision: 3, nullable: true }) deletedAt: Date | null;
}

/** `my`: the number of the user's latest personal change, which takes no revision of a room. */
@Entity('user_heads')
export class UserHead {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @Column('bigint', { default: 0 }) my: number;
}

/** Condition of an active user: neither deactivated nor deleted. */
export const ACTIVE = { deletedAt: IsNull(), deactivatedAt: IsNull() };
