import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { MessageImportRepository } from './message-import.repository.js';
import { MessageRepository } from './message.repository.js';
import { MessageWriter } from './message-writer.service.js';
import { Message, MessageMention } from './message.entity.js';
import { SendFunction } from './send-function.service.js';

/** The rows of messages, and the send path. No routes. */
@Module({
  imports: [TypeOrmModule.forFeature([Message, MessageMention]), RoomAccessModule],
  providers: [MessageImportRepository, MessageRepository, MessageWriter, SendFunction],
  exports: [MessageRepository, MessageWriter],
})
export class TimelineModule {}
