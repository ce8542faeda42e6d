import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { IsOptional, ValidateIf } from 'class-validator';
import { DEFAULT_PAGE, IsPageLimit, MAX_PAGE } from '../../common/page.js';
import { IsQueryInteger, IsText } from '../../common/validators.js';
import { SENDABLE_TYPES, type MentionRequest, type SendableType } from '../../timeline/message.types.js';
import { MentionView } from '../../timeline/message.view.js';

const MAX_TEXT = 10_000;
const MAX_MEDIA = 10;

/**
 * A message to send. For documentation alone: `checkMessage` validates it, for REST and sockets, as a pipe would cost more than the send.
 */
export class SendMessageDto {
  @ApiPropertyOptional({
    format: 'uuid',
    nullable: true,
    description: 'Made by the client. A message sent again with its id is stored once.',
  })
  id?: string | null;

  @ApiPropertyOptional({ enum: SENDABLE_TYPES, nullable: true, description: 'Default: `text`, or the kind of the first medium.' })
  type?: SendableType | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_TEXT, example: 'hello @bob' })
  text?: string | null;

  @ApiPropertyOptional({ type: [String], format: 'uuid', nullable: true, maxItems: MAX_MEDIA, description: 'Your media, in order.' })
  mediaIds?: string[] | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  replyToId?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    description: 'Besides the @names in the text: members of the room by id, or all members.',
    oneOf: [
      { type: 'string', enum: ['all'] },
      { type: 'array', items: { oneOf: [{ type: 'string', format: 'uuid' }, { $ref: getSchemaPath(MentionView) }] } },
    ],
  })
  mentions?: MentionRequest | null;
}

export class EditMessageDto {
  @ApiProperty({
    type: String,
    nullable: true,
    maxLength: MAX_TEXT,
    description: 'Null removes the text of a message with media.',
    example: 'hello!',
  })
  @ValidateIf(({ text }: EditMessageDto) => text !== null)
  @IsText(0, MAX_TEXT)
  text: string | null;
}

/** The part of a room's history to return: at most one bound. */
export class HistoryQuery {
  @ApiPropertyOptional({ description: 'Messages below this seq.', minimum: 0 })
  @IsOptional()
  @IsQueryInteger()
  before?: number;

  @ApiPropertyOptional({ description: 'Messages above this seq.', minimum: 0 })
  @IsOptional()
  @IsQueryInteger(Number.MAX_SAFE_INTEGER - MAX_PAGE)
  after?: number;

  @ApiPropertyOptional({ description: 'Messages around this seq, half of the page on each side.', minimum: 0 })
  @IsOptional()
  @IsQueryInteger(Number.MAX_SAFE_INTEGER - MAX_PAGE)
  around?: number;

  @IsPageLimit()
  limit: number = DEFAULT_PAGE;
}
