import { ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { SENDABLE_TYPES, type MentionRequest, type SendableType } from '../../timeline/message.types.js';
import { MentionView } from '../../timeline/message.view.js';

const MAX_TEXT = 10_000;
const MAX_MEDIA = 10;

/** Documents the body of a send. It is checked by hand in `timeline`, the same for REST and sockets: a pipe would cost more than the send. */
export class SendMessageDto {
  @ApiPropertyOptional({ format: 'uuid', nullable: true, description: 'Made by the client: sent again with it, the message exists once.' })
  id?: string | null;

  @ApiPropertyOptional({ enum: SENDABLE_TYPES, nullable: true, description: 'Left out: text, or the kind of the first medium.' })
  type?: SendableType | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_TEXT, example: 'hello @bob' })
  text?: string | null;

  @ApiPropertyOptional({ type: [String], format: 'uuid', nullable: true, maxItems: MAX_MEDIA, description: "One's own, in order." })
  mediaIds?: string[] | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  replyToId?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    description: 'Besides the @names in the text: members of the room by id, or everybody.',
    oneOf: [
      { type: 'string', enum: ['all'] },
      { type: 'array', items: { oneOf: [{ type: 'string', format: 'uuid' }, { $ref: getSchemaPath(MentionView) }] } },
    ],
  })
  mentions?: MentionRequest | null;
}
