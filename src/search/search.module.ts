import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomAccessModule } from '../room-access/room-access.module.js';
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
export class SearchModule {}
