import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A message that somebody pinned to its room. */
@Entity('message_pins')
export class MessagePin {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @Column('bigint') seq: number;
  @Column('uuid') pinnedBy: string;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) pinnedAt: Date;
}
