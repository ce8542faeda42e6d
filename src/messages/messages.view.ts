import { ApiProperty } from '@nestjs/swagger';
import { MessageView } from '../timeline/message.view.js';
import { UserView } from '../users/user.view.js';

/** A part of a room's history. `seq` and `rev` are the room's head, not older than the messages: the sync cursor to continue from. */
export class MessagesPageView {
  @ApiProperty({ type: [MessageView], description: 'Ascending by `seq`.' }) items: MessageView[];
  @ApiProperty({ example: true }) hasOlder: boolean;
  @ApiProperty({ example: false }) hasNewer: boolean;
  @ApiProperty({ description: '`seq` of the newest message in the room.', example: 42 }) seq: number;
  @ApiProperty({ description: '`rev` of the newest change in the room.', example: 7 }) rev: number;
}

/** The text of a message before an edit. */
export class EditView {
  @ApiProperty({ type: String, nullable: true, description: 'The text before the edit.', example: 'helo' }) text: string | null;
  @ApiProperty({ type: UserView, description: 'The user who edited the message.' }) user: UserView;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:31:00.000Z' }) editedAt: string;
}

/** A member who has read a message. */
export class ReaderView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ description: 'Read mark of the member.', example: 44 }) seq: number;
}
