import { ApiProperty } from '@nestjs/swagger';
import { MessageView } from '../timeline/message.view.js';

/** A message that was found. */
export class SearchHitView {
  @ApiProperty({ type: MessageView }) message: MessageView;
  @ApiProperty({ description: 'The part of the text around the first hit.', example: '…we met at the café near the station…' })
  snippet: string;
}
