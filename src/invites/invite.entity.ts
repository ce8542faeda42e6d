import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Room } from '../room-access/room.entity.js';
import { User } from '../users/user.entity.js';

/** A code by which any user may join a room, with the role `member`. */
@Entity('room_invites')
@Unique('room_invites_code_key', ['code'])
@Check('room_invites_uses_check', 'uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)')
@Index('room_invites_room_id_idx', ['roomId', 'id'])
@Index('room_invites_created_by_idx', ['createdBy', 'id'])
export class Invite {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') roomId: string;
  /** 128 random bits. */
  @Column('text') code: string;
  @Column('uuid') createdBy: string;
  @Column('integer', { nullable: true }) maxUses: number | null;
  @Column('integer', { default: 0 }) uses: number;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) expiresAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) revokedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) createdAt: Date;

  @ManyToOne(() => Room, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'created_by' }) protected creator?: unknown;
}
