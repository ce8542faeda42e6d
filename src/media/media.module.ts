import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { Avatars } from './avatars.service.js';
import { Media } from './media.entity.js';
import { MessageMedia } from './message-media.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Media, MessageMedia]), RoomAccessModule],
  providers: [Avatars],
  exports: [Avatars],
})
export class MediaModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'message_media',
      `DELETE FROM message_media WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM message_media WHERE room_id = $1 ORDER BY message_id, position LIMIT $2)) RETURNING 1`,
    );
  }
}
