import { Module } from '@nestjs/common';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomUsersModule } from '../room-users/room-users.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountRooms } from './account-rooms.service.js';
import { RoomDeletion } from './room-deletion.service.js';
import { JoinLeaveService } from './join-leave.service.js';
import { RoomCreation } from './room-creation.service.js';
import { Ownership } from './ownership.service.js';
import { PrivateRooms } from './private-rooms.service.js';
import { RoomUpdates } from './room-updates.service.js';
import { RoomPermissions } from './room-permissions.service.js';
import { RoomEventPublisher } from './room-event-publisher.service.js';
import { RoomViews } from './room-views.service.js';
import { RoomRightsController, RoomsController } from './rooms.controller.js';
import { RoomsService } from './rooms.service.js';

@Module({
  imports: [UsersModule, FriendsModule, MediaModule, RoomAccessModule, TimelineModule, RoomUsersModule],
  controllers: [RoomsController, RoomRightsController],
  providers: [
    RoomsService,
    PrivateRooms,
    RoomCreation,
    RoomUpdates,
    RoomEventPublisher,
    RoomViews,
    RoomPermissions,
    JoinLeaveService,
    RoomDeletion,
    Ownership,
    AccountRooms,
  ],
  exports: [RoomsService, PrivateRooms, RoomViews, JoinLeaveService, RoomDeletion, Ownership, AccountRooms],
})
export class RoomsModule {}
