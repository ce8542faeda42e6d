import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { ReactionsModule } from '../reactions/reactions.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { SearchModule } from '../search/search.module.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { MessageEdit } from './message-edit.entity.js';
import { MessageEditing } from './message-editing.service.js';
import { MessageEdits } from './message-edits.service.js';
import { MessageErasure } from './message-erasure.service.js';
import { MessageDependentsImportRepository } from './message-dependents-import.repository.js';
import { MessagePin } from './pins/message-pin.entity.js';
import { MessageDependents } from './message-dependents.service.js';
import { MessageDeletion } from './message-deletion.service.js';
import { MessageDetailsController } from './details/message-details.controller.js';
import { MessageDetails } from './details/message-details.service.js';
import { MentionsController, MessagesController } from './messages.controller.js';
import { MessagesQueries } from './messages.queries.js';
import { MessagesService } from './messages.service.js';
import { PinsController } from './pins/pins.controller.js';
import { PinsService } from './pins/pins.service.js';

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
  controllers: [MessagesController, MessageDetailsController, PinsController, MentionsController],
  providers: [
    MessagesService,
    MessagesQueries,
    MessageEditing,
    MessageEdits,
    MessageErasure,
    MessageDeletion,
    MessageDependents,
    MessageDependentsImportRepository,
    MessageDetails,
    PinsService,
  ],
  exports: [MessageErasure, MessagesService],
})
export class MessagesModule {}
