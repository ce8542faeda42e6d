import { Controller, Delete, Get, HttpCode, HttpStatus, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { UserId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { BlocksService } from './blocks.service.js';
import { BlockView } from './friends.view.js';

@ApiTags('friends')
@ApiBearerAuth()
@Controller({ path: 'users/me/blocks', version: '1' })
export class BlocksController {
  constructor(private readonly blocks: BlocksService) {}

  @Get()
  @ApiOperation({ summary: 'List your blocks, newest first' })
  @ApiPage(BlockView)
  @ApiProblems()
  listBlocks(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<BlockView>> {
    return this.blocks.listBlocks(actor, query);
  }

  @Put(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Block a user',
    description:
      'Applies in both directions: no friend requests, no private messages, no adding to rooms, no presence, typing or read receipts ' +
      'between the two users. Ends the friendship and pending friend requests. The user is not notified. In rooms of both, each still ' +
      'sees the other.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 404: 'user_not_found', 422: ['cannot_block_oneself', 'too_many_blocks'] })
  blockUser(@CurrentActor() actor: Actor, @UserId() userId: string): Promise<void> {
    return this.blocks.blockUser(actor, userId);
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Unblock a user',
    description: 'Does not restore what the block ended. If you have not blocked the user, nothing changes.',
  })
  @ApiNoContentResponse()
  @ApiProblems()
  unblockUser(@CurrentActor() actor: Actor, @UserId() userId: string): Promise<void> {
    return this.blocks.unblockUser(actor, userId);
  }
}
