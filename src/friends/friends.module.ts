import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { UsersModule } from '../users/users.module.js';
import { BlocksController } from './blocks.controller.js';
import { BlocksService } from './blocks.service.js';
import { FriendRequestsService } from './friend-requests.service.js';
import { FriendRequestsController, FriendsController } from './friends.controller.js';
import { FriendsService } from './friends.service.js';
import { FriendImportRepository } from './friend-import.repository.js';
import { Block, FriendRequest, Friendship } from './friends.entity.js';
import { Relations } from './relations.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([FriendRequest, Friendship, Block]), UsersModule, RoomAccessModule],
  controllers: [FriendRequestsController, FriendsController, BlocksController],
  providers: [FriendRequestsService, FriendsService, FriendImportRepository, BlocksService, Relations],
  exports: [Relations, FriendRequestsService],
})
export class FriendsModule {}
