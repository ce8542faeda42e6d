import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { Room } from './room.entity.js';

/** The two numbers that order a room, and what else it counts. Whoever changes anything in a room holds this row first. */
@Entity('room_heads')
export class RoomHead {
  @PrimaryColumn('uuid') roomId: string;
  /** Number of the newest message. */
  @Column('bigint', { default: 0 }) lastSeq: number;
  /** How many messages there are that are not the system's. */
  @Column('bigint', { default: 0 }) lastN: number;
  /** Number of the newest change that is not a new message. */
  @Column('bigint', { default: 0 }) rev: number;
  /** The highest rev that was trimmed from the log. */
  @Column('bigint', { default: 0 }) logFloor: number;
  /** Rises with every loss of access. */
  @Column('bigint', { default: 0 }) fence: number;
  @Column('integer', { default: 0 }) memberCount: number;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) lastAt: Date;

  @OneToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
}
