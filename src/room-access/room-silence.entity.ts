import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Room } from './room.entity.js';

/** A kept silence: that of a former member, restored on rejoin. The silence of a member is RoomMember.silencedUntil. */
@Entity('room_silences')
@Index('room_silences_user_id_idx', ['userId'])
export class RoomSilence {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3 }) until: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
}
