import { Module } from '@nestjs/common';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { ChangesQueries } from './changes.queries.js';
import { HeadsQueries } from './heads.queries.js';
import { LogTrimming } from './log-trimming.service.js';
import { SyncController } from './sync.controller.js';
import { SyncService } from './sync.service.js';

@Module({
  imports: [RoomAccessModule],
  controllers: [SyncController],
  providers: [SyncService, ChangesQueries, HeadsQueries, LogTrimming],
  exports: [SyncService],
})
export class SyncModule {}
