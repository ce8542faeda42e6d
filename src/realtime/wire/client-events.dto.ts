import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Max, Min, ValidateIf } from 'class-validator';
import { IsId, IsText } from '../../common/validators.js';

// What clients say, event by event. `message:send` and `message` are checked by hand, in the order they come.

const ID = { format: 'uuid', example: '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' };
const MOST_PEOPLE = 200;
const LONGEST_REACTION = 255;
const LONGEST_TOKEN = 8_192;

class InRoom {
  @ApiProperty(ID) @IsId() roomId: string;
}

class OnMessage extends InRoom {
  @ApiProperty(ID) @IsId() messageId: string;
}

/** For the document alone. */
export class SendMessageEvent extends InRoom {
  @ApiPropertyOptional({ ...ID, description: 'Made by the client: sent again with it, the message exists once.' }) id?: string;
  @ApiPropertyOptional({ enum: ['text', 'image', 'video', 'audio', 'file'] }) type?: string;
  @ApiPropertyOptional({ example: 'hello' }) text?: string;
  @ApiPropertyOptional({ type: [String], format: 'uuid' }) mediaIds?: string[];
  @ApiPropertyOptional(ID) replyToId?: string;
  @ApiPropertyOptional({
    oneOf: [
      { type: 'array', items: { type: 'string', format: 'uuid' } },
      { type: 'string', enum: ['all'] },
    ],
  })
  mentions?: string[] | 'all';
}

export class EditMessageEvent extends OnMessage {
  @ApiProperty({ type: String, nullable: true, description: 'Null takes the text of a medium away.', example: 'hello again' })
  @ValidateIf(({ text }: EditMessageEvent) => text !== null)
  @IsText(0, 10_000)
  text: string | null;
}

export class MessageEvent extends OnMessage {}

export class ReactionEvent extends OnMessage {
  @ApiProperty({ example: '👍' }) @IsText(1, LONGEST_REACTION) reaction: string;
}

export class ReadRoomEvent extends InRoom {
  @ApiProperty({ minimum: 0, example: 42 }) @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER) seq: number;
}

export class TypingEvent extends InRoom {
  @ApiProperty() @IsBoolean() typing: boolean;
}

export class WatchPresenceEvent {
  @ApiProperty({ type: [String], format: 'uuid', maxItems: MOST_PEOPLE, description: 'Takes the place of the people before.' })
  @IsArray()
  @ArrayMaxSize(MOST_PEOPLE)
  @IsId({ each: true })
  userIds: string[];
}

export class RefreshAuthEvent {
  @ApiProperty({ description: 'A newer access token of the same session.' }) @IsText(1, LONGEST_TOKEN) token: string;
}

const FRAME_TYPES = ['text', 'image', 'video', 'audio', 'file'] as const;

/** A message in the small dialect of thin clients. */
export class TeamFrameEvent {
  @ApiProperty({ ...ID, description: 'The room; for a direct message the team.' }) @IsId() channel_id: string;
  @ApiProperty({ description: '`*`: the whole room; or a member of the team.', example: '*' }) @IsText(1, 36) to: string;
  @ApiProperty({ enum: FRAME_TYPES }) @IsIn(FRAME_TYPES) type: (typeof FRAME_TYPES)[number];
  @ApiProperty({ description: 'The text, or the id of a medium.', example: 'hello' }) @IsText(1, 10_000) data: string;
  @ApiPropertyOptional({ ...ID, description: 'Made by the client: sent again with it, the message exists once.' })
  @IsOptional()
  @IsId()
  id?: string;
}
