import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Media } from './media.entity.js';

/** A file in a message, at its place. Stands here, so that media answers by itself who may read a file. */
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
