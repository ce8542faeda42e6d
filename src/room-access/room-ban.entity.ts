import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Room } from './room.entity.js';

/** A user who cannot join the room until `until`; null: until the ban is lifted. */
@Entity('room_bans')
@Index('room_bans_created_by_idx', ['createdBy', 'roomId', 'userId'])
export class RoomBan {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) until: Date | null;
  @Column('text', { nullable: true }) reason: string | null;
  @Column('uuid', { nullable: true }) createdBy: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
}
