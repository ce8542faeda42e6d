import { ApiProperty } from '@nestjs/swagger';
import { MessageView } from '../timeline/message.view.js';
import { UserView } from '../users/user.view.js';

/** A part of a room's history. `seq` and `rev` are the room's head, not younger than the messages: the cursor to go on from. */
export class MessagesPageView {
  @ApiProperty({ type: [MessageView], description: 'Ascending by seq.' }) items: MessageView[];
  @ApiProperty({ example: true }) hasOlder: boolean;
  @ApiProperty({ example: false }) hasNewer: boolean;
  @ApiProperty({ description: "The room's newest message.", example: 42 }) seq: number;
  @ApiProperty({ description: "The room's newest change.", example: 7 }) rev: number;
}

/** What a message said before somebody edited it. */
export class EditView {
  @ApiProperty({ type: String, nullable: true, description: 'The text that the edit replaced.', example: 'helo' }) text: string | null;
  @ApiProperty({ type: UserView, description: 'Who edited.' }) user: UserView;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:31:00.000Z' }) editedAt: string;
}

/** Somebody who has read a message. */
export class ReaderView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ description: 'How far they have read.', example: 44 }) seq: number;
}
