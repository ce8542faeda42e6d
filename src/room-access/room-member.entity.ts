import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Room } from './room.entity.js';
import type { RoomRole } from './room.types.js';

/** A user's membership of a room. */
@Entity('room_users')
@Index('room_users_owner_key', ['roomId'], { unique: true, where: `role = 'owner'` })
export class RoomMember {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column('text', { default: 'member' }) role: RoomRole;
  /** Overrides: permissions added to the role's preset, as bits. */
  @Column('bigint', { default: 0 }) allow: number;
  /** Overrides: permissions taken from the role's preset, as bits. */
  @Column('bigint', { default: 0 }) deny: number;
  @Column('uuid', { nullable: true }) createdBy: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) joinedAt: Date;
  /** `rev` at which this membership began. A sync cursor below it belongs to an earlier one: sync answers `reset`. */
  @Column('bigint', { default: 0 }) joinedRev: number;
  /** The first `seq` that the member can read. Fixed at joining. */
  @Column('bigint', { default: 1 }) visibleFromSeq: number;
  @Column('bigint', { default: 0 }) lastReadSeq: number;
  /** `n` of the message at lastReadSeq. */
  @Column('bigint', { default: 0 }) lastReadN: number;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) lastSeenAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) lastSentAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) silencedUntil: Date | null;
  @Column('boolean', { default: false }) muted: boolean;
  @Column('boolean', { default: false }) pinned: boolean;
  @Column('boolean', { default: false }) archived: boolean;
  @Column('text', { nullable: true }) draft: string | null;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
}
