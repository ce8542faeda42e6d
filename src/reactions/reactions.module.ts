import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FriendsModule } from '../friends/friends.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { Reaction, ReactionCount } from './reaction.entity.js';
import { ReactionRepository } from './reaction.repository.js';
import { MyReactionsController, ReactionsController } from './reactions.controller.js';
import { ReactionsQueries } from './reactions.queries.js';
import { ReactionsService } from './reactions.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Reaction, ReactionCount]), FriendsModule, RoomAccessModule, TimelineModule],
  controllers: [ReactionsController, MyReactionsController],
  providers: [ReactionsService, ReactionRepository, ReactionsQueries],
  exports: [ReactionsService, ReactionRepository],
})
export class ReactionsModule {}
