import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsId, IsText } from '../../common/validators.js';
import { EditMessageDto, SendMessageDto } from '../../messages/dto/messages.dto.js';
import { ReactionDto } from '../../reactions/dto/reaction.dto.js';
import { MarkReadDto } from '../../room-users/dto/room-user.dto.js';
import { SENDABLE_TYPES, type SendableType } from '../../timeline/message.types.js';

// The payloads of client events: the body of the same use case over HTTP, with the ids that its route has.

const ID = { format: 'uuid', example: '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' };
const MAX_WATCHED = 200;
const MAX_TOKEN = 8_192;

class RoomTarget {
  @ApiProperty(ID) @IsId() roomId: string;
}

export class MessageEvent extends RoomTarget {
  @ApiProperty(ID) @IsId() messageId: string;
}

/** For documentation alone: `MessageWriter` validates it. */
export class SendMessageEvent extends IntersectionType(RoomTarget, SendMessageDto) {}

export class EditMessageEvent extends IntersectionType(MessageEvent, EditMessageDto) {}

export class ReactionEvent extends IntersectionType(MessageEvent, ReactionDto) {}

export class ReadRoomEvent extends IntersectionType(RoomTarget, MarkReadDto) {}

export class TypingEvent extends RoomTarget {
  @ApiProperty() @IsBoolean() typing: boolean;
}

export class WatchPresenceEvent {
  @ApiProperty({ type: [String], format: 'uuid', maxItems: MAX_WATCHED, description: 'Replaces the users that you watched before.' })
  @IsArray()
  @ArrayMaxSize(MAX_WATCHED)
  @IsId({ each: true })
  userIds: string[];
}

export class RefreshAuthEvent {
  @ApiProperty({ description: 'A newer access token of the same session.' }) @IsText(1, MAX_TOKEN) token: string;
}

/** A message in the small dialect of thin clients. */
export class TeamFrameEvent {
  @ApiProperty({ ...ID, description: 'The room; for a direct message the team.' }) @IsId() channel_id: string;
  @ApiProperty({ description: '`*` for the whole room, or the id of a member of the team.', example: '*' }) @IsText(1, 36) to: string;
  @ApiProperty({ enum: SENDABLE_TYPES }) @IsIn(SENDABLE_TYPES) type: SendableType;
  @ApiProperty({ description: 'The text, or the id of a medium.', example: 'hello' }) @IsText(1, 10_000) data: string;
  @ApiPropertyOptional({ ...ID, description: 'Made by the client. A message sent again with its id is stored once.' })
  @IsOptional()
  @IsId()
  id?: string;
}
