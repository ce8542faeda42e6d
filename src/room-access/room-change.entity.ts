import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Room } from './room.entity.js';
import type { ChangeKind } from './room.types.js';

/** The latest change of one message, one member or the room itself. */
@Entity('room_changes')
@Unique('room_changes_rev_key', ['roomId', 'rev'])
@Index('room_changes_changed_at_idx', ['changedAt'])
export class RoomChange {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('text') kind: ChangeKind;
  @PrimaryColumn('uuid') entityId: string;
  @Column('bigint') rev: number;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) changedAt: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
}
