import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { ReactionDto, ReactionsQuery } from './dto/reaction.dto.js';
import { ReactionView } from './reaction.view.js';
import { ReactionsService } from './reactions.service.js';

@ApiTags('reactions')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId/messages/:messageId/reactions', version: '1' })
export class ReactionsController {
  constructor(private readonly reactions: ReactionsService) {}

  @Get()
  @ApiOperation({ summary: 'Who reacted to a message, oldest first' })
  @ApiPage(ReactionView)
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'message_not_found'], 422: 'unstorable_text' })
  listReactions(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Query() query: ReactionsQuery,
  ): Promise<Page<ReactionView>> {
    return this.reactions.listReactions(actor, roomId, messageId, query);
  }

  @Post()
  @ApiOperation({
    summary: 'React to a message',
    description: 'Again: 200 with the one that stands. With REACTIONS=like_dislike one takes the place of the other.',
  })
  @ApiCreatedResponse({ type: ReactionView })
  @ApiOkResponse({ type: ReactionView, description: 'The one that stood already.' })
  @ApiProblems({
    403: 'forbidden',
    404: ['room_not_found', 'message_not_found'],
    409: 'message_deleted',
    422: ['invalid_reaction', 'too_many_reactions', 'system_message', 'unstorable_text'],
    503: ['database_unavailable', 'busy'],
  })
  async addReaction(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Body() dto: ReactionDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReactionView> {
    const { reaction, created } = await this.reactions.addReaction(actor, roomId, messageId, dto.reaction);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return reaction;
  }

  @Get(':reactionId')
  @ApiOperation({ summary: 'One reaction' })
  @ApiOkResponse({ type: ReactionView })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'message_not_found', 'reaction_not_found'] })
  getReaction(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Param('reactionId', IdPipe) reactionId: string,
  ): Promise<ReactionView> {
    return this.reactions.getReaction(actor, roomId, messageId, reactionId);
  }

  @Delete(':reactionId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: "Take one's own reaction away" })
  @ApiNoContentResponse()
  @ApiProblems({
    403: 'forbidden',
    404: ['room_not_found', 'message_not_found', 'reaction_not_found'],
    503: ['database_unavailable', 'busy'],
  })
  async removeReactionById(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Param('reactionId', IdPipe) reactionId: string,
  ): Promise<void> {
    await this.reactions.removeReactionById(actor, roomId, messageId, reactionId);
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: "Take one's own reaction away, by what it is", description: 'Where there is none, nothing happens.' })
  @ApiNoContentResponse()
  @ApiProblems({
    403: 'forbidden',
    404: ['room_not_found', 'message_not_found'],
    422: 'unstorable_text',
    503: ['database_unavailable', 'busy'],
  })
  async removeReaction(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
    @Query() query: ReactionDto,
  ): Promise<void> {
    await this.reactions.removeReaction(actor, roomId, messageId, query.reaction);
  }
}

@ApiTags('reactions')
@ApiBearerAuth()
@Controller({ path: 'reactions', version: '1' })
export class MyReactionsController {
  constructor(private readonly reactions: ReactionsService) {}

  @Get()
  @ApiOperation({ summary: "One's own reactions, newest first", description: 'To messages that one may still read.' })
  @ApiPage(ReactionView)
  @ApiProblems()
  listMyReactions(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<ReactionView>> {
    return this.reactions.listMyReactions(actor, query);
  }
}
