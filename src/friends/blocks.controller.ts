import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { BlocksService } from './blocks.service.js';
import { BlockView } from './friends.view.js';

@ApiTags('friends')
@ApiBearerAuth()
@Controller({ path: 'users/me/blocks', version: '1' })
export class BlocksController {
  constructor(private readonly blocks: BlocksService) {}

  @Get()
  @ApiOperation({ summary: 'Whom one has blocked, the newest first' })
  @ApiPage(BlockView)
  @ApiProblems()
  listBlocks(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<BlockView>> {
    return this.blocks.listBlocks(actor, query);
  }

  @Put(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Block a person',
    description:
      'Works both ways: no friend request, no private message in a new or old room, no adding to rooms, no presence, typing or receipts ' +
      'between the two. Ends friendship and pending requests. The person is not told; in rooms that both are in they still see each other.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 404: 'user_not_found', 422: ['cannot_block_oneself', 'too_many_blocks'] })
  blockUser(@CurrentActor() actor: Actor, @Param('userId', IdPipe) userId: string): Promise<void> {
    return this.blocks.blockUser(actor, userId);
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Lift a block', description: 'What the block ended stays ended. 204 also when there was none.' })
  @ApiNoContentResponse()
  @ApiProblems()
  unblockUser(@CurrentActor() actor: Actor, @Param('userId', IdPipe) userId: string): Promise<void> {
    return this.blocks.unblockUser(actor, userId);
  }
}
