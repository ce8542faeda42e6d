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
  @ApiProperty({ type: RoomUserView, nullable: true, description: 'Null if the user is no longer a member.' })
  roomUser: RoomUserView | null;
}

export class RoomChangeView {
  @ApiProperty({ example: 10 }) rev: number;
  @ApiProperty({ enum: ['room'] }) kind: 'room';
  @ApiProperty({ type: NeutralRoomView }) room: NeutralRoomView;
}

/** The changes in a room after a sync cursor, each entity in its current state. */
@ApiExtraModels(MessageChangeView, RoomUserChangeView, RoomChangeView)
export class ChangesView {
  @ApiProperty({ type: [MessageView], description: 'New messages, ascending by `seq`.' }) messages: MessageView[];
  @ApiProperty({
    description: 'All other changes, each entity once in its current state, ascending by `rev`.',
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
  @ApiProperty({ description: 'With `rev`, the next sync cursor.', example: 42 }) seq: number;
  @ApiProperty({ example: 10 }) rev: number;
  @ApiProperty({ description: 'Whether there are more changes; if so, ask again with the new cursor.', example: false }) hasMore: boolean;
  @ApiProperty({
    description:
      'Whether your cursor cannot be continued; if so, take `seq` and `rev` as your cursor, load the newest messages, the room and its ' +
      'members, then ask again.',
    example: false,
  })
  reset: boolean;
  @ApiProperty({ description: 'A new epoch means a restored database: all your sync cursors are void.', format: 'uuid' }) epoch: string;
}

/** The same in the answer of `sync`, with your membership. */
export class SyncedRoomView extends ChangesView {
  @ApiProperty({ type: MembershipView }) membership: MembershipView;
}

/** A room of which you are no longer a member. */
export class GoneRoomView {
  @ApiProperty({ enum: [true] }) gone: true;
}

@ApiExtraModels(SyncedRoomView, GoneRoomView)
export class SyncView {
  @ApiProperty({
    description: 'Keyed by room id.',
    type: 'object',
    additionalProperties: { oneOf: [{ $ref: getSchemaPath(SyncedRoomView) }, { $ref: getSchemaPath(GoneRoomView) }] },
  })
  rooms: Record<string, SyncedRoomView | GoneRoomView>;
  @ApiProperty({ type: [String], format: 'uuid', description: 'Rooms that did not fit into the answer: ask again for these.' })
  later: string[];
}

/** The head of a room, with your read mark and unread counts. */
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
  @ApiProperty({ type: [RoomHeadView], description: 'Ordered by room id.' }) rooms: RoomHeadView[];
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: '`after` for the next request; null after the last page.' })
  next: string | null;
}
