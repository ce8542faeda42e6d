import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import type { Page } from '../common/page.js';
import { SearchQuery } from './dto/search.dto.js';
import { SearchService } from './search.service.js';
import { SearchHitView } from './search.view.js';

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'messages/search', version: '1' })
export class SearchController {
  constructor(private readonly search: SearchService) {}

  @Get()
  @ApiOperation({
    summary: 'Search messages',
    description: 'In all rooms that you may read, or in one; newest first. A new message can be found after a second or two.',
  })
  @ApiPage(SearchHitView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: ['empty_query', 'unstorable_text'] })
  searchMessages(@CurrentActor() actor: Actor, @Query() query: SearchQuery): Promise<Page<SearchHitView>> {
    return this.search.searchMessages(actor, query);
  }
}
