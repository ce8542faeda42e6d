import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

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
