import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { ModerationController } from './moderation.controller.js';
import { ModerationService } from './moderation.service.js';
import { RoomReport } from './room-report.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([RoomReport]), RoomAccessModule, TimelineModule],
  controllers: [ModerationController],
  providers: [ModerationService],
})
export class ModerationModule {}
