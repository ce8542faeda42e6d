import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Room } from './room.entity.js';
import type { AuditAction } from './room.types.js';

/** An entry of the room's audit log. Holds ids, never message text. */
@Entity('room_audit')
@Index('room_audit_room_id_idx', ['roomId', 'id'])
export class RoomAudit {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') roomId: string;
  @Column('uuid', { nullable: true }) actorId: string | null;
  @Column('text') action: AuditAction;
  @Column('uuid', { nullable: true }) targetUserId: string | null;
  @Column('uuid', { nullable: true }) messageId: string | null;
  @Column('jsonb', { default: {} }) detail: Record<string, unknown>;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
}
