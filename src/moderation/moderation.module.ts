import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { ModerationController } from './moderation.controller.js';
import { ModerationQueries } from './moderation.queries.js';
import { ModerationService } from './moderation.service.js';
import { RoomReport } from './room-report.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([RoomReport]), RoomAccessModule, TimelineModule],
  controllers: [ModerationController],
  providers: [ModerationService, ModerationQueries],
})
export class ModerationModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'room_reports',
      `DELETE FROM room_reports WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM room_reports WHERE room_id = $1 ORDER BY id LIMIT $2)) RETURNING 1`,
    );
  }
}
