import { Body, Controller, Delete, Get, Header, HttpStatus, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { MentionView, MessageView } from '../timeline/message.view.js';
import { EditMessageDto } from './dto/edit-message.dto.js';
import { HistoryQuery } from './dto/history.dto.js';
import { SendMessageDto } from './dto/send-message.dto.js';
import { MessagesPageView } from './messages.view.js';
import { MessagesService } from './messages.service.js';

const GONE = { 403: 'forbidden', 404: ['room_not_found', 'message_not_found'] } as const;
const BUSY = ['database_unavailable', 'busy'] as const;

@ApiTags('messages')
@ApiBearerAuth()
@ApiExtraModels(MentionView)
@Controller({ path: 'rooms/:roomId/messages', version: '1' })
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: "A page of a room's history",
    description:
      'Ascending by `seq`; without a bound, the newest. `before` and `after` exclude their seq, `around` includes it, half of the page ' +
      'on each side. `seq` and `rev` are the cursor from which `changes` goes on.',
  })
  @ApiOkResponse({ type: MessagesPageView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  getHistory(@CurrentActor() actor: Actor, @Param('roomId', IdPipe) roomId: string, @Query() query: HistoryQuery): Promise<string> {
    return this.messages.getHistory(actor, roomId, query);
  }

  @Post()
  @ApiOperation({
    summary: 'Send a message',
    description:
      'With an `id` of its own a message may be sent again at any time, over any transport: it exists once, and the answer is 200 with ' +
      'the message as it is now. The same id with another body, or from another sender, is a conflict.',
  })
  @ApiBody({ type: SendMessageDto })
  @ApiCreatedResponse({ type: MessageView })
  @ApiOkResponse({ type: MessageView, description: 'It was sent before.' })
  @ApiProblems({
    ...GONE,
    404: ['room_not_found', 'message_not_found'],
    409: 'message_conflict',
    422: ['empty_message', 'reply_not_found', 'media_not_usable', 'unstorable_text'],
    503: [...BUSY, 'overloaded'],
  })
  async sendMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MessageView> {
    const { message, created } = await this.messages.sendMessage(actor, roomId, body);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return message;
  }

  @Get(':messageId')
  @ApiOperation({ summary: 'One message' })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems(GONE)
  getMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
  ): Promise<MessageView> {
    return this.messages.getMessage(actor, roomId, messageId);
  }

  @Patch(':messageId')
  @ApiOperation({
    summary: 'Edit a message',
    description: "One's own, or with `can_edit_messages` anybody's. Mentions follow the new text; the same text changes nothing.",
  })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems({ ...GONE, 409: 'message_deleted', 422: ['empty_message', 'system_message', 'unstorable_text'], 503: BUSY })
  editMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Body() dto: EditMessageDto,
  ): Promise<MessageView> {
    return this.messages.editMessage(actor, roomId, messageId, dto.text);
  }

  @Delete(':messageId')
  @ApiOperation({
    summary: 'Delete a message',
    description: "One's own, or with `can_delete_messages` anybody's. What stays is a tombstone; deleting it again answers the same.",
  })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems({ ...GONE, 422: 'system_message', 503: BUSY })
  deleteMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
  ): Promise<MessageView> {
    return this.messages.deleteMessage(actor, roomId, messageId);
  }
}

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'mentions', version: '1' })
export class MentionsController {
  constructor(private readonly messages: MessagesService) {}

  @Get()
  @ApiOperation({ summary: 'Messages that mention me, newest first', description: 'By name or with everybody, in all my rooms.' })
  @ApiPage(MessageView)
  @ApiProblems()
  listMentions(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<MessageView>> {
    return this.messages.listMentions(actor, query);
  }
}
