import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FriendsModule } from '../friends/friends.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { Reaction, ReactionCount } from './reaction.entity.js';
import { ReactionImportRepository } from './reaction-import.repository.js';
import { ReactionRepository } from './reaction.repository.js';
import { MyReactionsController, ReactionsController } from './reactions.controller.js';
import { ReactionsQueries } from './reactions.queries.js';
import { ReactionsService } from './reactions.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Reaction, ReactionCount]), FriendsModule, RoomAccessModule, TimelineModule],
  controllers: [ReactionsController, MyReactionsController],
  providers: [ReactionsService, ReactionImportRepository, ReactionRepository, ReactionsQueries],
  exports: [ReactionsService, ReactionRepository],
})
export class ReactionsModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'reactions',
      `DELETE FROM reactions WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM reactions WHERE room_id = $1 ORDER BY message_id, user_id, reaction LIMIT $2)) RETURNING 1`,
    );
    this.purge.register(
      'children',
      'reaction_counts',
      `DELETE FROM reaction_counts WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM reaction_counts WHERE room_id = $1 ORDER BY message_id, reaction LIMIT $2)) RETURNING 1`,
    );
  }
}
