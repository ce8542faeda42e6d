import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { MessageRows } from './message-rows.service.js';
import { MessageWriter } from './message-writer.service.js';
import { Message, MessageMention } from './message.entity.js';
import { SendCall } from './send-call.service.js';
import { SystemMessages } from './system-messages.service.js';

/** Messages as rows, and the send path. No routes. */
@Module({
  imports: [TypeOrmModule.forFeature([Message, MessageMention]), RoomAccessModule],
  providers: [MessageRows, MessageWriter, SendCall, SystemMessages],
  exports: [MessageRows, MessageWriter, SystemMessages],
})
export class TimelineModule {}
