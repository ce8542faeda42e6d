import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

export const FRIEND_REQUEST_STATUSES = ['pending', 'approved', 'rejected', 'cancelled'] as const;
export type FriendRequestStatus = (typeof FRIEND_REQUEST_STATUSES)[number];

/** A partial unique index allows one pending request for each pair of users, in either direction. */
@Entity('friend_requests')
@Check('friend_requests_status_check', `status IN ('pending', 'approved', 'rejected', 'cancelled')`)
@Check('friend_requests_not_oneself', 'from_user_id <> to_user_id')
@Index('friend_requests_to_idx', ['toUserId', 'id'])
@Index('friend_requests_from_idx', ['fromUserId', 'id'])
@Index('friend_requests_pending_pair_key', { synchronize: false })
export class FriendRequest {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') fromUserId: string;
  @Column('uuid') toUserId: string;
  @Column('text', { default: 'pending' }) status: FriendRequestStatus;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) decidedAt: Date | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'from_user_id' }) protected from?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'to_user_id' }) protected to?: unknown;
}

/** Two friends, in the order of their ids. */
@Entity('friendships')
@Check('friendships_ordered', 'user_low < user_high')
@Index('friendships_user_high_idx', ['userHigh'])
export class Friendship {
  @PrimaryColumn('uuid') userLow: string;
  @PrimaryColumn('uuid') userHigh: string;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_low' }) protected low?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_high' }) protected high?: unknown;
}

/** A user blocks another. It works in both directions; the blocked user does not learn of it. */
@Entity('blocks')
@Check('blocks_not_oneself', 'user_id <> blocked_id')
@Index('blocks_blocked_id_idx', ['blockedId'])
export class Block {
  @PrimaryColumn('uuid') userId: string;
  @PrimaryColumn('uuid') blockedId: string;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'blocked_id' }) protected blockedUser?: unknown;
}
