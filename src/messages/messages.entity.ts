import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** The text of a message before an edit. `rev` is the rev of the edit. */
@Entity('message_edits')
export class MessageEdit {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('bigint') rev: number;
  @Column('text', { nullable: true }) text: string | null;
  /** The user who edited. */
  @Column('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3 }) editedAt: Date;
}

/** A pinned message. */
@Entity('message_pins')
export class MessagePin {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @Column('bigint') seq: number;
  @Column('uuid') pinnedBy: string;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) pinnedAt: Date;
}
