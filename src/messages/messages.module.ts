import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { ReactionsModule } from '../reactions/reactions.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { SearchModule } from '../search/search.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { MessageDeletion } from './message-deletion.service.js';
import { MessageDependents } from './message-dependents.service.js';
import { MessageEditing } from './message-editing.service.js';
import { MentionsController, MessagesController } from './messages.controller.js';
import { MessageEdit, MessagePin } from './messages.entity.js';
import { MessagesQueries } from './messages.queries.js';
import { MessagesService } from './messages.service.js';
import { PinsController } from './pins.controller.js';
import { PinsService } from './pins.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([MessageEdit, MessagePin]),
    FriendsModule,
    MediaModule,
    ReactionsModule,
    RoomAccessModule,
    SearchModule,
    TimelineModule,
  ],
  controllers: [MessagesController, PinsController, MentionsController],
  providers: [MessagesService, MessagesQueries, MessageEditing, MessageDeletion, MessageDependents, PinsService],
  exports: [MessageDeletion, MessageEditing, MessagesService],
})
export class MessagesModule {}
