import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

export const MEDIA_KINDS = ['image', 'video', 'audio', 'file'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** A file of somebody's, and where the store keeps it. */
@Entity('media')
export class Media {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') ownerId: string;
  @Column('text') kind: MediaKind;
  @Column('text') filename: string;
  @Column('text') contentType: string;
  /** Bytes, as kept and served. */
  @Column('bigint') size: number;
  @Column('bytea', { nullable: true }) sha256: Buffer | null;
  @Column('integer', { nullable: true }) width: number | null;
  @Column('integer', { nullable: true }) height: number | null;
  @Column('integer', { nullable: true }) durationMs: number | null;
  @Column('text') objectKey: string;
  @Column('text', { nullable: true }) thumbnailKey: string | null;
  @Column('text', { default: 'pending' }) status: 'pending' | 'ready';
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;
  /** Until when a direct upload may be completed. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) expiresAt: Date | null;
  /** Since when something may refer to it. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) attachedAt: Date | null;
  /** The collector has decided: nothing may attach it any more. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) doomedAt: Date | null;

  @ManyToOne(() => User) @JoinColumn({ name: 'owner_id' }) protected owner?: unknown;
}
