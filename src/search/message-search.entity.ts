import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

/** The search entry of a message. `normal` and `grams` are null for a deleted message. */
@Entity('message_search')
@Index('message_search_sent_at_idx', ['sentAt', 'roomId', 'seq'])
@Index('message_search_grams_idx', { synchronize: false })
export class MessageSearch {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('bigint') seq: number;
  @Column('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3 }) sentAt: Date;
  @Column('boolean', { default: false }) hasMedia: boolean;
  @Column('text', { nullable: true }) normal: string | null;
  @Column('tsvector', { nullable: true }) grams: string | null;
}

/** The last indexed seq of a room. */
@Entity('search_marks')
export class SearchMark {
  @PrimaryColumn('uuid') roomId: string;
  @Column('bigint', { default: 0 }) seq: number;

  // The constraint without the repository: rooms are written in room-access alone.
  @ManyToOne('Room', { onDelete: 'CASCADE' }) @JoinColumn({ name: 'room_id' }) protected room?: unknown;
}
