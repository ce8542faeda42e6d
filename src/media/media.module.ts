import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Avatars } from './avatars.service.js';
import { Media } from './media.entity.js';
import { MessageMedia } from './message-media.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([Media, MessageMedia])],
  providers: [Avatars],
  exports: [Avatars],
})
export class MediaModule {}
