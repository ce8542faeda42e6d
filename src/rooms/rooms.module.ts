import { Module } from '@nestjs/common';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomUsersModule } from '../room-users/room-users.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountRooms } from './account-rooms.service.js';
import { Closing } from './closing.service.js';
import { Departures } from './departures.service.js';
import { Founding } from './founding.service.js';
import { Ownership } from './ownership.service.js';
import { PrivateRooms } from './private-rooms.service.js';
import { RoomEditing } from './room-editing.service.js';
import { RoomPermissions } from './room-permissions.service.js';
import { RoomTelling } from './room-telling.service.js';
import { RoomViews } from './room-views.service.js';
import { RoomRightsController, RoomsController } from './rooms.controller.js';
import { RoomsService } from './rooms.service.js';

@Module({
  imports: [UsersModule, FriendsModule, MediaModule, RoomAccessModule, TimelineModule, RoomUsersModule],
  controllers: [RoomsController, RoomRightsController],
  providers: [
    RoomsService,
    PrivateRooms,
    Founding,
    RoomEditing,
    RoomTelling,
    RoomViews,
    RoomPermissions,
    Departures,
    Closing,
    Ownership,
    AccountRooms,
  ],
  exports: [RoomsService, PrivateRooms, RoomViews, Departures, Closing, Ownership, AccountRooms],
})
export class RoomsModule {}
