import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { FriendRequest } from './friend-request.entity.js';
import { Block, Friendship } from './pair.entity.js';
import { Relations } from './relations.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([FriendRequest, Friendship, Block]), UsersModule],
  providers: [Relations],
  exports: [Relations],
})
export class FriendsModule {}
