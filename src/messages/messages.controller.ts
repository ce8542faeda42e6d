import { Body, Controller, Delete, Get, Header, HttpStatus, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { MessageId, RoomId } from '../common/ids.js';
import { PageQuery, type Page } from '../common/page.js';
import { MentionView, MessageView } from '../timeline/message.view.js';
import { EditMessageDto, HistoryQuery, SendMessageDto } from './dto/messages.dto.js';
import { MessageDeletion } from './message-deletion.service.js';
import { MessageEditing } from './message-editing.service.js';
import { MessagesService } from './messages.service.js';
import { EditView, MessagesPageView, ReaderView } from './messages.view.js';

const GONE = { 403: 'forbidden', 404: ['room_not_found', 'message_not_found'] } as const;
const BUSY = ['database_unavailable', 'busy'] as const;

@ApiTags('messages')
@ApiBearerAuth()
@ApiExtraModels(MentionView)
@Controller({ path: 'rooms/:roomId/messages', version: '1' })
export class MessagesController {
  constructor(
    private readonly messages: MessagesService,
    private readonly editing: MessageEditing,
    private readonly deletion: MessageDeletion,
  ) {}

  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: "Get a page of a room's history",
    description:
      'Ascending by `seq`; without a bound, the newest messages. `before` and `after` exclude their `seq`, `around` includes it, with ' +
      'half of the page on each side. `seq` and `rev` of the answer are the sync cursor for `changes`.',
  })
  @ApiOkResponse({ type: MessagesPageView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  getHistory(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: HistoryQuery): Promise<string> {
    return this.messages.getHistory(actor, roomId, query);
  }

  @Post()
  @ApiOperation({
    summary: 'Send a message',
    description:
      'Needs `can_create_messages`, and with media also `can_attach_media`. A message with an `id` can be sent again at any time, by ' +
      'REST or socket: it is stored once, and the answer is 200 with its current state. The same id with a different body or from a ' +
      'different sender is a conflict.',
  })
  @ApiBody({ type: SendMessageDto })
  @ApiCreatedResponse({ type: MessageView })
  @ApiOkResponse({ type: MessageView, description: 'The message was sent before.' })
  @ApiProblems({
    ...GONE,
    409: 'message_conflict',
    422: ['empty_message', 'reply_not_found', 'media_not_usable', 'unstorable_text'],
    503: [...BUSY, 'overloaded'],
  })
  async sendMessage(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MessageView> {
    const { message, created } = await this.messages.sendMessage(actor, roomId, body);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return message;
  }

  @Get(':messageId')
  @ApiOperation({ summary: 'Get a message' })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems(GONE)
  getMessage(@CurrentActor() actor: Actor, @RoomId() roomId: string, @MessageId() messageId: string): Promise<MessageView> {
    return this.messages.getMessage(actor, roomId, messageId);
  }

  @Patch(':messageId')
  @ApiOperation({
    summary: 'Edit a message',
    description:
      "Needs `can_edit_own_messages`, for another user's message `can_edit_messages`. The mentions change with the text. If the text " +
      'is the same, nothing changes.',
  })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems({ ...GONE, 409: 'message_deleted', 422: ['empty_message', 'system_message', 'unstorable_text'], 503: BUSY })
  editMessage(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Body() dto: EditMessageDto,
  ): Promise<MessageView> {
    return this.editing.editMessage(actor, roomId, messageId, dto.text);
  }

  @Delete(':messageId')
  @ApiOperation({
    summary: 'Delete a message',
    description:
      "Needs `can_delete_own_messages`, for another user's message `can_delete_messages`. A tombstone stays; if you delete the message " +
      'again, the answer is the tombstone.',
  })
  @ApiOkResponse({ type: MessageView })
  @ApiProblems({ ...GONE, 422: 'system_message', 503: BUSY })
  deleteMessage(@CurrentActor() actor: Actor, @RoomId() roomId: string, @MessageId() messageId: string): Promise<MessageView> {
    return this.deletion.deleteMessage(actor, roomId, messageId);
  }

  @Get(':messageId/replies')
  @ApiOperation({ summary: 'List the replies to a message', description: 'Ascending by `seq`, without deleted messages.' })
  @ApiPage(MessageView)
  @ApiProblems(GONE)
  listReplies(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Query() query: PageQuery,
  ): Promise<Page<MessageView>> {
    return this.messages.listReplies(actor, roomId, messageId, query);
  }

  @Get(':messageId/history')
  @ApiOperation({
    summary: 'List the former texts of a message',
    description: 'Newest first. Only for the author and for members who may delete the message.',
  })
  @ApiPage(EditView)
  @ApiProblems(GONE)
  listEdits(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Query() query: PageQuery,
  ): Promise<Page<EditView>> {
    return this.messages.listEdits(actor, roomId, messageId, query);
  }

  @Get(':messageId/readers')
  @ApiOperation({
    summary: 'List the readers of a message',
    description: 'Only members who share read receipts with you; none in a room of more than 100 members.',
  })
  @ApiPage(ReaderView)
  @ApiProblems(GONE)
  listReaders(@CurrentActor() actor: Actor, @RoomId() roomId: string, @MessageId() messageId: string): Promise<Page<ReaderView>> {
    return this.messages.listReaders(actor, roomId, messageId);
  }
}

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'mentions', version: '1' })
export class MentionsController {
  constructor(private readonly messages: MessagesService) {}

  @Get()
  @ApiOperation({
    summary: 'List the messages that mention you',
    description: 'By name or by `@all`, in all your rooms, newest first. Your own messages are left out.',
  })
  @ApiPage(MessageView)
  @ApiProblems()
  listMentions(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<MessageView>> {
    return this.messages.listMentions(actor, query);
  }
}
