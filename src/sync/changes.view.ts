import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { MembershipView, RoomUserView } from '../room-users/room-user.view.js';
import { NeutralRoomView } from '../rooms/room.view.js';
import { MessageView } from '../timeline/message.view.js';

export class MessageChangeView {
  @ApiProperty({ example: 8 }) rev: number;
  @ApiProperty({ enum: ['message'] }) kind: 'message';
  @ApiProperty({ type: MessageView }) message: MessageView;
}

export class RoomUserChangeView {
  @ApiProperty({ example: 9 }) rev: number;
  @ApiProperty({ enum: ['room-user'] }) kind: 'room-user';
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty({ type: RoomUserView, nullable: true, description: 'Null: no longer in the room.' }) roomUser: RoomUserView | null;
}

export class RoomChangeView {
  @ApiProperty({ example: 10 }) rev: number;
  @ApiProperty({ enum: ['room'] }) kind: 'room';
  @ApiProperty({ type: NeutralRoomView }) room: NeutralRoomView;
}

/** What happened in a room past a cursor, as it stands now. */
@ApiExtraModels(MessageChangeView, RoomUserChangeView, RoomChangeView)
export class ChangesView {
  @ApiProperty({ type: [MessageView], description: 'The new ones, ascending by seq.' }) messages: MessageView[];
  @ApiProperty({
    description: 'All else, each thing once in its latest state, ascending by rev.',
    type: 'array',
    items: {
      oneOf: [MessageChangeView, RoomUserChangeView, RoomChangeView].map((view) => ({ $ref: getSchemaPath(view) })),
      discriminator: {
        propertyName: 'kind',
        mapping: {
          message: getSchemaPath(MessageChangeView),
          'room-user': getSchemaPath(RoomUserChangeView),
          room: getSchemaPath(RoomChangeView),
        },
      },
    },
  })
  changes: (MessageChangeView | RoomUserChangeView | RoomChangeView)[];
  @ApiProperty({ description: 'With `rev` the cursor to ask with next.', example: 42 }) seq: number;
  @ApiProperty({ example: 10 }) rev: number;
  @ApiProperty({ description: 'Ask again: not everything is in here.', example: false }) hasMore: boolean;
  @ApiProperty({
    description: 'The cursor cannot be continued: take `seq` and `rev`, load the newest page, the room and its users, then ask again.',
    example: false,
  })
  reset: boolean;
  @ApiProperty({ description: 'Another one than before: a restored database; all cursors are void.', format: 'uuid' }) epoch: string;
}

/** The same in the answer of `sync`, with one's own seat. */
export class SyncedRoomView extends ChangesView {
  @ApiProperty({ type: MembershipView }) membership: MembershipView;
}

/** A room that is not one's own any more. */
export class GoneRoomView {
  @ApiProperty({ enum: [true] }) gone: true;
}

@ApiExtraModels(SyncedRoomView, GoneRoomView)
export class SyncView {
  @ApiProperty({
    description: 'By room id.',
    type: 'object',
    additionalProperties: { oneOf: [{ $ref: getSchemaPath(SyncedRoomView) }, { $ref: getSchemaPath(GoneRoomView) }] },
  })
  rooms: Record<string, SyncedRoomView | GoneRoomView>;
  @ApiProperty({ type: [String], format: 'uuid', description: 'Not answered for want of space: ask again for these.' }) later: string[];
}

/** Where a room stands, and where one stands in it. */
export class RoomHeadView {
  @ApiProperty({ format: 'uuid' }) roomId: string;
  @ApiProperty({ example: 42 }) seq: number;
  @ApiProperty({ example: 10 }) rev: number;
  @ApiProperty({ example: 41 }) lastReadSeq: number;
  @ApiProperty({ example: 1 }) unreadCount: number;
  @ApiProperty({ example: 0 }) mentionCount: number;
  @ApiProperty({ example: false }) muted: boolean;
}

export class RoomHeadsView {
  @ApiProperty({ type: [RoomHeadView], description: 'By room id.' }) rooms: RoomHeadView[];
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: '`after` of the next ask; null: that was all.' })
  next: string | null;
}
