import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';
import type { HistoryVisibility, RoomType } from './room.types.js';

/** A room with its settings. Its counters are in RoomHead. */
@Entity('rooms')
export class Room {
  @PrimaryColumn('uuid') id: string;
  @Column('text') type: RoomType;
  @Column('text', { nullable: true }) name: string | null;
  @Column('text', { nullable: true }) description: string | null;
  @Column('uuid', { nullable: true }) avatarMediaId: string | null;
  @Column('boolean', { default: false }) isPublic: boolean;
  @Column('text', { array: true, default: '{}' }) metaTags: string[];
  @Column('boolean', { default: true }) active: boolean;
  @Column('text', { default: 'all' }) historyVisibility: HistoryVisibility;
  @Column('integer', { default: 0 }) slowModeSeconds: number;
  /** The team that a private room belongs to. Never changes. */
  @Column('uuid', { nullable: true }) teamId: string | null;
  /** The two members of a private room, in id order. */
  @Column('uuid', { nullable: true }) userLow: string | null;
  @Column('uuid', { nullable: true }) userHigh: string | null;
  @Column('uuid') createdBy: string;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) updatedAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) deletedAt: Date | null;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'team_id' }) protected team?: unknown;
  @ManyToOne(() => User) @JoinColumn({ name: 'user_low' }) protected low?: unknown;
  @ManyToOne(() => User) @JoinColumn({ name: 'user_high' }) protected high?: unknown;
  @ManyToOne(() => User) @JoinColumn({ name: 'created_by' }) protected creator?: unknown;

  get isPrivate(): boolean {
    return this.type === 'private_messages';
  }

  /** Returns the other member of a private room; null in any other room. */
  otherThan(userId: string): string | null {
    if (!this.isPrivate) return null;
    return this.userLow === userId ? this.userHigh : this.userLow;
  }
}
