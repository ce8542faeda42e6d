import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';
import { Room } from './room.entity.js';

/** The silence of somebody who left while it was in force: it waits for them. Who sits in the room has theirs on the seat. */
@Entity('room_silences')
@Index('room_silences_user_id_idx', ['userId'])
export class RoomSilence {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3 }) until: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) protected user?: unknown;
}
