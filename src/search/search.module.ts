import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
import { RoomPurge } from '../room-access/room-purge.service.js';
import { TimelineModule } from '../timeline/timeline.module.js';
import { MessageSearch, SearchMark } from './message-search.entity.js';
import { SearchController } from './search.controller.js';
import { SearchIndex } from './search-index.service.js';
import { SearchIndexer } from './search-indexer.service.js';
import { SearchQueries } from './search.queries.js';
import { SearchService } from './search.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([MessageSearch, SearchMark]), RoomAccessModule, TimelineModule],
  controllers: [SearchController],
  providers: [SearchService, SearchQueries, SearchIndex, SearchIndexer],
  exports: [SearchIndex],
})
export class SearchModule implements OnModuleInit {
  constructor(private readonly purge: RoomPurge) {}

  onModuleInit(): void {
    // The marks first: whoever indexes the room at the moment holds its mark, and what they add is there to be taken away afterwards.
    this.purge.register('derived', 'search_marks', `DELETE FROM search_marks WHERE room_id = $1 AND $2 > 0 RETURNING 1`);
    this.purge.register(
      'derived',
      'message_search',
      `DELETE FROM message_search WHERE room_id = $1 AND ctid = ANY (ARRAY(
        SELECT ctid FROM message_search WHERE room_id = $1 ORDER BY seq LIMIT $2)) RETURNING 1`,
    );
  }
}
