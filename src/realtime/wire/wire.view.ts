import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { FriendRequestView } from '../../friends/friends.view.js';
import { MAX_PAGE } from '../../common/page.js';
import type { Settings } from '../../config/settings.js';
import { ROOM_BOUNDS, type LossReason } from '../../room-access/room.types.js';
import { MembershipView, RoomUserView } from '../../room-users/room-user.view.js';
import { NeutralRoomView, RoomView } from '../../rooms/room.view.js';
import { RoomHeadView } from '../../sync/changes.view.js';
import { CAUSE_KINDS, type CauseKind } from '../../timeline/message.types.js';
import { MessageView } from '../../timeline/message.view.js';
import { MeView, UserView } from '../../users/user.view.js';

// The payloads of server events, then those of acks.

const ID = { format: 'uuid', example: '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' };
const LOSSES = ['deleted', 'left', 'removed', 'banned'] as const satisfies LossReason[];
const ENDS = ['logout', 'revoked', 'expired', 'password', 'deactivated'] as const;

/** A step of a room's change log: it brings a client from `prevRev` to `rev`. */
class RoomStep {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ example: 6 }) prevRev: number;
  @ApiProperty({ example: 7 }) rev: number;
}

class MyStep {
  @ApiProperty({ description: 'The number of this personal change.', example: 12 }) my: number;
}

export class ReadyView {
  @ApiProperty({ type: UserView }) user: UserView;
  @ApiProperty({ description: 'Version of the protocol.', example: 1 }) protocol: number;
  @ApiProperty({ description: 'If it differs from the previous one, the database was restored: all your sync cursors are void.' })
  epoch: string;
  @ApiProperty({ description: 'The number of your latest personal change.', example: 12 }) my: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Limits for what clients send. Text lengths are in characters.',
  })
  limits: Record<string, number>;
  @ApiProperty({ type: [RoomHeadView], description: 'The rooms with the latest activity.' }) rooms: RoomHeadView[];
  @ApiProperty({ description: 'Whether there are more rooms; list them with `rooms`.' }) more: boolean;
}

/** Returns the limits in `ready`. Text in code points. */
export const limitsOf = ({ messages, rooms, realtime }: Settings): Record<string, number> => ({
  text: messages.maxTextLength,
  name: ROOM_BOUNDS.name,
  description: ROOM_BOUNDS.description,
  tags: ROOM_BOUNDS.tags,
  displayName: 64,
  draft: ROOM_BOUNDS.draft,
  reason: ROOM_BOUNDS.reason,
  media: messages.maxMedia,
  mentions: messages.maxMentions,
  pins: rooms.maxPins,
  page: MAX_PAGE,
  packetBytes: realtime.packetBytes,
  syncRooms: realtime.syncRooms,
});

export class MessagesCreatedView {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ type: [MessageView], description: 'All messages that one commit added, ascending by `seq`.' }) messages: MessageView[];
}

export class CauseView {
  @ApiProperty({ example: 7 }) rev: number;
  @ApiProperty({ enum: CAUSE_KINDS }) kind: CauseKind;
  @ApiProperty({ format: 'uuid' }) messageId: string;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The user who made the change; null for `hidden`, and in events that replace a lost event.',
  })
  userId: string | null;
  @ApiPropertyOptional({ example: '👍' }) reaction?: string;
}

export class MessagesUpdatedView extends RoomStep {
  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    description:
      'Merge them into the messages that you have: whole messages, or `{ id, seq, rev, reactions }` if all causes are reactions.',
  })
  messages: Partial<MessageView>[];
  @ApiProperty({ type: [CauseView] }) causes: CauseView[];
}

export class RoomUpdatedView extends RoomStep {
  @ApiProperty({ type: NeutralRoomView }) room: NeutralRoomView;
}

export class RoomUsersAddedView extends RoomStep {
  @ApiProperty({ type: [RoomUserView] }) roomUsers: RoomUserView[];
}

export class RoomUserUpdatedView extends RoomStep {
  @ApiProperty({ type: RoomUserView }) roomUser: RoomUserView;
}

export class RoomUserRemovedView extends RoomStep {
  @ApiProperty({ format: 'uuid' }) userId: string;
}

export class RoomCreatedView extends MyStep {
  @ApiProperty({ type: RoomView, description: 'Its `lastSeq` and `rev` are the sync cursor to start from.' }) room: RoomView;
}

export class RoomGoneView {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ enum: LOSSES }) reason: LossReason;
  @ApiPropertyOptional({ description: 'The number of this personal change, if it has one.' }) my?: number;
}

export class MembershipUpdatedView {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ type: MembershipView }) membership: MembershipView;
  @ApiPropertyOptional({ description: 'Absent if only the read mark changed.' }) my?: number;
}

export class MeUpdatedView extends MyStep {
  @ApiProperty({ type: MeView }) me: MeView;
}

export class UserUpdatedView {
  @ApiProperty({ type: UserView }) user: UserView;
}

export class RoomReadView {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty({ example: 41 }) seq: number;
}

export class TypingView {
  @ApiProperty(ID) roomId: string;
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty() typing: boolean;
}

export class PresenceView {
  @ApiProperty({ format: 'uuid' }) userId: string;
  @ApiProperty() online: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastActiveAt: string | null;
}

export class FriendRequestEventView extends MyStep {
  @ApiProperty({ type: FriendRequestView }) friendRequest: FriendRequestView;
}

export class FriendRemovedView extends MyStep {
  @ApiProperty({ format: 'uuid' }) userId: string;
}

export class SessionEndedView {
  @ApiProperty({ enum: ENDS }) reason: (typeof ENDS)[number];
}

export class ResyncView {
  @ApiPropertyOptional({ type: [String], format: 'uuid', description: 'Absent: all rooms.' }) rooms?: string[];
  @ApiProperty({ description: 'Wait a random time of at most this many milliseconds.', example: 1000 }) withinMs: number;
}

export class ServerDrainingView {
  @ApiProperty({ description: 'Reconnect after a random time of at most this many seconds.', example: 5 }) retryAfter: number;
}

/** A message in the small dialect of thin clients. */
export class TeamFrameView {
  @ApiProperty({ format: 'uuid', description: 'The room, or the team for a direct message between two of its members.' })
  channel_id: string;
  @ApiProperty({ description: '`*`, or the user to whom a direct message is addressed.', example: '*' }) to: string;
  @ApiProperty({ enum: ['text', 'image', 'video', 'audio', 'file', 'system'], example: 'text' }) type: string;
  @ApiProperty({ type: String, nullable: true, description: 'The text, or the id of the file.', example: 'hello' }) data: string | null;
  @ApiProperty({ format: 'date-time' }) ts: string;
  @ApiProperty({ format: 'uuid' }) from: string;
  @ApiProperty({ format: 'uuid', description: 'Id of the message.' }) id: string;
  @ApiProperty({ format: 'uuid' }) room_id: string;
  @ApiProperty({ description: 'Sequence number of the message in the room `room_id`.', example: 42 }) seq: number;
}

// Acks; each has `ok: true` besides.

export class MessageAck {
  @ApiProperty({ type: MessageView }) message: MessageView;
}

export class PresenceAck {
  @ApiProperty({ type: [PresenceView] }) presence: PresenceView[];
}

export class AuthRefreshAck {
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
}

export class EmptyAck {}
