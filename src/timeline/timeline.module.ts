import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { MessageImportRepository } from './message-import.repository.js';
import { MessageRepository } from './message.repository.js';
import { MessageTombstones } from './message-tombstones.service.js';
import { MessageWriter } from './message-writer.service.js';
import { Message, MessageMention } from './message.entity.js';
import { SendFunction } from './send-function.service.js';
import { SystemMessages } from './system-messages.service.js';

/** Messages as rows, and the send path. No routes. */
@Module({
  imports: [TypeOrmModule.forFeature([Message, MessageMention]), RoomAccessModule],
  providers: [MessageImportRepository, MessageRepository, MessageTombstones, MessageWriter, SendFunction, SystemMessages],
  exports: [MessageRepository, MessageTombstones, MessageWriter, SystemMessages],
})
export class TimelineModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'message_mentions',
      `DELETE FROM message_mentions WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM message_mentions WHERE room_id = $1 ORDER BY message_id, user_id LIMIT $2)) RETURNING 1`,
    );
    this.purge.register(
      'messages',
      'messages',
      `DELETE FROM messages WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM messages WHERE room_id = $1 ORDER BY seq LIMIT $2)) RETURNING 1`,
    );
  }
}
