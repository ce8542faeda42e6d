import { Module } from '@nestjs/common';
import { FriendsModule } from '../friends/friends.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { UsersModule } from '../users/users.module.js';
import { Bans } from './bans.service.js';
import { MembershipPreferences } from './membership-preferences.service.js';
import { ReadMarks } from './read-marks.service.js';
import { RoomUserViews } from './room-user-views.service.js';
import { BansController, RoomUsersController } from './room-users.controller.js';
import { RoomMembers } from './room-members.service.js';
import { MemberUpdates } from './member-updates.service.js';
import { Memberships } from './memberships.service.js';
import { UnreadRepair } from './unread-repair.service.js';

const services = [RoomMembers, MemberUpdates, MembershipPreferences, Bans, ReadMarks, Memberships, RoomUserViews, UnreadRepair];

@Module({
  imports: [UsersModule, FriendsModule, RoomAccessModule, TimelineModule],
  controllers: [RoomUsersController, BansController],
  providers: services,
  exports: services,
})
export class RoomUsersModule {}
