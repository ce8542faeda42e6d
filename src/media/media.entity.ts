import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

export const MEDIA_KINDS = ['image', 'video', 'audio', 'file'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** An uploaded file, and where the object store keeps it. */
@Entity('media')
export class Media {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') ownerId: string;
  @Column('text') kind: MediaKind;
  @Column('text') filename: string;
  @Column('text') contentType: string;
  /** Bytes, as stored and served. */
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
  /** The last time at which something was about to refer to the file; null: never. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) attachedAt: Date | null;
  /** Since when the file is marked for deletion. A marked file cannot be attached. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) doomedAt: Date | null;

  @ManyToOne(() => User) @JoinColumn({ name: 'owner_id' }) protected owner?: unknown;
}

/** A file at its position in a message. In this module, so that it decides alone who may read a file. */
@Entity('message_media')
@Index('message_media_media_id_idx', ['mediaId'])
export class MessageMedia {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('smallint') position: number;
  @Column('bigint') seq: number;
  @Column('uuid') mediaId: string;

  @ManyToOne(() => Media) @JoinColumn({ name: 'media_id' }) protected media?: unknown;
}
