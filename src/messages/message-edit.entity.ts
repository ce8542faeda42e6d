import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a message said before an edit. `rev` is the one that the edit took. */
@Entity('message_edits')
export class MessageEdit {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('bigint') rev: number;
  @Column('text', { nullable: true }) text: string | null;
  /** Who edited. */
  @Column('uuid') userId: string;
  @Column({ type: 'timestamptz', precision: 3 }) editedAt: Date;
}
