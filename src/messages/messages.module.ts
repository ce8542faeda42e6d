import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FriendsModule } from '../friends/friends.module.js';
import { MediaModule } from '../media/media.module.js';
import { ReactionsModule } from '../reactions/reactions.module.js';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
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
export class MessagesModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    this.purge.register(
      'children',
      'message_edits',
      `DELETE FROM message_edits WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM message_edits WHERE room_id = $1 ORDER BY message_id, rev LIMIT $2)) RETURNING 1`,
    );
    this.purge.register(
      'children',
      'message_pins',
      `DELETE FROM message_pins WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM message_pins WHERE room_id = $1 ORDER BY message_id LIMIT $2)) RETURNING 1`,
    );
  }
}
