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
  @Column('text', { nullable: true }) displayName: string | null;
  @Column('uuid', { nullable: true }) avatarMediaId: string | null;
  /** Argon2id; null: the user cannot log in with a password. */
  @Column('text', { nullable: true, select: false }) passwordHash: string | null;
  @Column('text', { nullable: true, select: false }) externalIssuer: string | null;
  @Column('text', { nullable: true, select: false }) externalSubject: string | null;
  /** A platform admin. */
  @Column('boolean', { default: false }) admin: boolean;
  @Column('text') friendRequests: FriendRequestPrivacy;
  @Column('text') directMessages: DirectMessagePrivacy;
  @Column('text') groupInvites: GroupInvitePrivacy;
  @Column('text') presence: PresencePrivacy;
  @Column('boolean') readReceipts: boolean;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) deactivatedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) deletedAt: Date | null;
}

/** `my`: the number of the user's latest personal change, which takes no revision of a room. */
@Entity('user_heads')
export class UserHead {
  @PrimaryColumn('uuid') userId: string;
  @Column('bigint', { default: 0 }) my: number;
}

/** Condition of an active user: neither deactivated nor deleted. */
export const ACTIVE = { deletedAt: IsNull(), deactivatedAt: IsNull() };
