import { ApiProperty } from '@nestjs/swagger';
import { MessageView } from '../timeline/message.view.js';

/** A message that matches the search. */
export class SearchHitView {
  @ApiProperty({ type: MessageView }) message: MessageView;
  @ApiProperty({ description: 'The part of the text around the first match.', example: '…we met at the café near the station…' })
  snippet: string;
}
