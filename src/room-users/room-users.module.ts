import { Module } from '@nestjs/common';
import { FriendsModule } from '../friends/friends.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { UsersModule } from '../users/users.module.js';
import { Bans } from './bans.service.js';
import { OwnSeat } from './own-seat.service.js';
import { ReadMarks } from './read-marks.service.js';
import { RoomUserViews } from './room-user-views.service.js';
import { BansController, RoomUsersController } from './room-users.controller.js';
import { RoomUsers } from './room-users.service.js';
import { SeatChanges } from './seat-changes.service.js';
import { Seating } from './seating.service.js';
import { UnreadAudit } from './unread-audit.service.js';

@Module({
  imports: [UsersModule, FriendsModule, RoomAccessModule, TimelineModule],
  controllers: [RoomUsersController, BansController],
  providers: [RoomUsers, SeatChanges, OwnSeat, Bans, ReadMarks, Seating, RoomUserViews, UnreadAudit],
  exports: [RoomUsers, SeatChanges, OwnSeat, Bans, ReadMarks, Seating, RoomUserViews, UnreadAudit],
})
export class RoomUsersModule {}
