import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { ReadMarkRows } from './read-mark-rows.service.js';
import { RoomAccess } from './room-access.service.js';
import { RoomAudit } from './room-audit.entity.js';
import { RoomBan } from './room-ban.entity.js';
import { RoomBans } from './room-bans.service.js';
import { RoomChange } from './room-change.entity.js';
import { RoomImport } from './room-import.service.js';
import { RoomHead } from './room-head.entity.js';
import { RoomLog } from './room-log.service.js';
import { RoomPurge } from './room-purge.service.js';
import { RoomRows } from './room-rows.service.js';
import { RoomSilence } from './room-silence.entity.js';
import { RoomTurns } from './room-turns.js';
import { RoomUser } from './room-user.entity.js';
import { Room } from './room.entity.js';

/** Rooms and seats as rows, the one door to them, and their log. No routes. */
@Module({
  imports: [TypeOrmModule.forFeature([Room, RoomHead, RoomUser, RoomBan, RoomSilence, RoomChange, RoomAudit]), UsersModule],
  providers: [RoomAccess, RoomTurns, RoomLog, RoomRows, RoomBans, RoomPurge, RoomImport, ReadMarkRows],
  exports: [RoomAccess, RoomLog, RoomRows, RoomBans, RoomPurge, RoomImport, ReadMarkRows],
})
export class RoomAccessModule {}
