import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { Room } from './room.entity.js';

/** The counters of a room. Every change of the room locks this row first. */
@Entity('room_heads')
export class RoomHead {
  @PrimaryColumn('uuid') roomId: string;
  /** `seq` of the newest message. */
  @Column('bigint', { default: 0 }) lastSeq: number;
  /** `n` of the newest message: the number of messages that are not system messages. */
  @Column('bigint', { default: 0 }) lastN: number;
  /** Number of the latest change; a new message is none. */
  @Column('bigint', { default: 0 }) rev: number;
  /** The highest `rev` trimmed from the change log. */
  @Column('bigint', { default: 0 }) logFloor: number;
  /** Raised by each loss of access. */
  @Column('bigint', { default: 0 }) fence: number;
  @Column('integer', { default: 0 }) memberCount: number;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) lastAt: Date;

  @OneToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
}
