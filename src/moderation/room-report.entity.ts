import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Room } from '../room-access/room.entity.js';
import { User } from '../users/user.entity.js';

/** A user's report of a message: one for each user and message. It stays when the message is deleted. */
@Entity('room_reports')
@Unique('room_reports_once', ['roomId', 'messageId', 'reporterId'])
@Index('room_reports_room_id_idx', ['roomId', 'id'])
@Index('room_reports_reporter_id_idx', ['reporterId', 'id'])
@Index('room_reports_resolved_by_idx', ['resolvedBy', 'id'], { where: 'resolved_by IS NOT NULL' })
export class RoomReport {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') roomId: string;
  @Column('uuid') messageId: string;
  @Column('uuid') reporterId: string;
  @Column('text') reason: string;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column('uuid', { nullable: true }) resolvedBy: string | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) resolvedAt: Date | null;
  @Column('text', { nullable: true }) note: string | null;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'reporter_id' }) protected reporter?: unknown;
}
