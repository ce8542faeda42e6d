import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe, MessageId, RoomId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { ReactionDto, ReactionsQuery } from './dto/reaction.dto.js';
import { ReactionView } from './reaction.view.js';
import { ReactionsService } from './reactions.service.js';

const GONE = { 403: 'forbidden', 404: ['room_not_found', 'message_not_found'] } as const;
const BUSY = ['database_unavailable', 'busy'] as const;

@ApiTags('reactions')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId/messages/:messageId/reactions', version: '1' })
export class ReactionsController {
  constructor(private readonly reactions: ReactionsService) {}

  @Get()
  @ApiOperation({ summary: 'List the reactions to a message', description: 'Oldest first.' })
  @ApiPage(ReactionView)
  @ApiProblems({ ...GONE, 422: 'unstorable_text' })
  listReactions(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Query() query: ReactionsQuery,
  ): Promise<Page<ReactionView>> {
    return this.reactions.listReactions(actor, roomId, messageId, query);
  }

  @Post()
  @ApiOperation({
    summary: 'Add a reaction to a message',
    description:
      'Needs `can_add_reactions`. If you have already reacted with it, the answer is 200 with that reaction. With ' +
      'REACTIONS=like_dislike, a like replaces a dislike, and a dislike a like.',
  })
  @ApiCreatedResponse({ type: ReactionView })
  @ApiOkResponse({ type: ReactionView, description: 'Your existing reaction.' })
  @ApiProblems({
    ...GONE,
    409: 'message_deleted',
    422: ['invalid_reaction', 'too_many_reactions', 'system_message', 'unstorable_text'],
    503: BUSY,
  })
  async addReaction(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Body() dto: ReactionDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReactionView> {
    const { reaction, created } = await this.reactions.addReaction(actor, roomId, messageId, dto.reaction);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return reaction;
  }

  @Get(':reactionId')
  @ApiOperation({ summary: 'Get a reaction' })
  @ApiOkResponse({ type: ReactionView })
  @ApiProblems({ ...GONE, 404: ['room_not_found', 'message_not_found', 'reaction_not_found'] })
  getReaction(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Param('reactionId', IdPipe) reactionId: string,
  ): Promise<ReactionView> {
    return this.reactions.getReaction(actor, roomId, messageId, reactionId);
  }

  @Delete(':reactionId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Remove your reaction by its id' })
  @ApiNoContentResponse()
  @ApiProblems({
    ...GONE,
    404: ['room_not_found', 'message_not_found', 'reaction_not_found'],
    503: BUSY,
  })
  async removeReactionById(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Param('reactionId', IdPipe) reactionId: string,
  ): Promise<void> {
    await this.reactions.removeReactionById(actor, roomId, messageId, reactionId);
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Remove your reaction', description: 'If you have not reacted with it, nothing changes.' })
  @ApiNoContentResponse()
  @ApiProblems({
    ...GONE,
    422: 'unstorable_text',
    503: BUSY,
  })
  async removeReaction(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
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
  @ApiOperation({ summary: 'List your reactions', description: 'Newest first; only reactions to messages that you may still read.' })
  @ApiPage(ReactionView)
  @ApiProblems()
  listMyReactions(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<ReactionView>> {
    return this.reactions.listMyReactions(actor, query);
  }
}
