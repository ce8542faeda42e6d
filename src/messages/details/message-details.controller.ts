import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../../common/actor.js';
import { ApiPage, ApiProblems } from '../../common/api.decorators.js';
import { CurrentActor } from '../../common/auth.decorators.js';
import { IdPipe } from '../../common/ids.js';
import { type Page, PageQuery } from '../../common/page.js';
import { MessageView } from '../../timeline/message.view.js';
import { MessageDetails } from './message-details.service.js';
import { EditView, ReaderView } from '../messages.view.js';

@ApiTags('messages')
@ApiBearerAuth()
@ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'message_not_found'] })
@Controller({ path: 'rooms/:roomId/messages/:messageId', version: '1' })
export class MessageDetailsController {
  constructor(private readonly details: MessageDetails) {}

  @Get('replies')
  @ApiOperation({ summary: 'The replies to a message, ascending; deleted ones are left out' })
  @ApiPage(MessageView)
  listReplies(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Query() query: PageQuery,
  ): Promise<Page<MessageView>> {
    return this.details.listReplies(actor, roomId, messageId, query);
  }

  @Get('history')
  @ApiOperation({ summary: 'What a message said before its edits, newest first; for its author and who may delete it' })
  @ApiPage(EditView)
  listEdits(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Query() query: PageQuery,
  ): Promise<Page<EditView>> {
    return this.details.listEdits(actor, roomId, messageId, query);
  }

  @Get('readers')
  @ApiOperation({
    summary: 'Who has read a message',
    description: 'Of those with whom one shares what was read; nobody in a room of more than 100 members.',
  })
  @ApiPage(ReaderView)
  listReaders(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
  ): Promise<Page<ReaderView>> {
    return this.details.listReaders(actor, roomId, messageId);
  }
}
