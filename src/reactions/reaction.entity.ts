import { Check, Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { User } from '../users/user.entity.js';

/** A reaction of a user to a message. */
@Entity('reactions')
@Unique('reactions_id_key', ['roomId', 'id'])
@Index('reactions_message_idx', ['roomId', 'messageId', 'id'])
@Index('reactions_user_id_idx', ['userId', 'id'])
export class Reaction {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('uuid') userId: string;
  @PrimaryColumn('text') reaction: string;
  @Column('uuid') id: string;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
}

/** Number of users with the same reaction to a message. Updated by each write, so that a page need not read the reactions. */
@Entity('reaction_counts')
@Check('reaction_counts_positive', 'count > 0')
export class ReactionCount {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('text') reaction: string;
  @Column('integer') count: number;
  /** Orders the reactions of a message. */
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) firstAt: Date;
}
