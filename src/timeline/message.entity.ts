import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { MessageType, SystemEvent } from './message.types.js';

/** A message. Its key is its sequence number; nothing in a room is ordered by time or id. */
@Entity('messages')
@Unique('messages_id_key', ['roomId', 'id'])
@Index('messages_author_idx', ['userId', 'roomId', 'seq'])
export class Message {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('bigint') seq: number;
  @Column('uuid') id: string;
  /** Number of non-system messages up to this one. */
  @Column('bigint') n: number;
  /** Rev of its last change; 0 if none. */
  @Column('bigint', { default: 0 }) rev: number;
  @Column('text') type: MessageType;
  @Column('text', { nullable: true }) text: string | null;
  /** The author; of a system message, the user who caused it. */
  @Column('uuid') userId: string;
  @Column('uuid', { nullable: true }) replyToId: string | null;
  @Column('bigint', { nullable: true }) replyToSeq: number | null;
  /** Replies to it that are not deleted. */
  @Column('integer', { default: 0 }) replyCount: number;
  /** SHA-256 of the canonical body as first sent; null once deleted. */
  @Column('bytea', { nullable: true }) requestHash: Buffer | null;
  @Column('text', { nullable: true }) systemEvent: SystemEvent | null;
  @Column('uuid', { array: true, nullable: true }) systemUserIds: string[] | null;
  @Column({ type: 'timestamptz', precision: 3 }) createdAt: Date;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) editedAt: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) deletedAt: Date | null;
}

/** A user whom a message mentions; EVERYONE_ID means all members. */
@Entity('message_mentions')
@Index('message_mentions_user_idx', ['userId', 'roomId', 'seq'])
export class MessageMention {
  @PrimaryColumn('uuid') roomId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column('bigint') seq: number;
}
