import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { ReadMarkRepository } from './read-mark.repository.js';
import { RoomAccess } from './room-access.service.js';
import { RoomAudit } from './room-audit.entity.js';
import { RoomBan } from './room-ban.entity.js';
import { BanRepository } from './ban.repository.js';
import { RoomChange } from './room-change.entity.js';
import { RoomImportRepository } from './room-import.repository.js';
import { RoomHead } from './room-head.entity.js';
import { RoomLog } from './room-log.service.js';
import { RoomPurge } from './room-purge.service.js';
import { RoomRepository } from './room.repository.js';
import { RoomSilence } from './room-silence.entity.js';
import { RoomSemaphore } from './room-semaphore.js';
import { RoomMember } from './room-member.entity.js';
import { Room } from './room.entity.js';

/** Rooms and members as rows, the access checks, the change log and the purge. No routes. */
@Module({
  imports: [TypeOrmModule.forFeature([Room, RoomHead, RoomMember, RoomBan, RoomSilence, RoomChange, RoomAudit]), UsersModule],
  providers: [RoomAccess, RoomSemaphore, RoomLog, RoomRepository, BanRepository, RoomPurge, RoomImportRepository, ReadMarkRepository],
  exports: [RoomAccess, RoomLog, RoomRepository, BanRepository, RoomPurge, RoomImportRepository, ReadMarkRepository],
})
export class RoomAccessModule {}
