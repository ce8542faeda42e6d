import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ValidationFailed } from '../common/domain-error.js';
import { decodeCursor, pageOf, type Page } from '../common/page.js';
import { requireStorable } from '../common/text.js';
import { isStorableTime } from '../common/times.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { SearchQuery } from './dto/search.dto.js';
import { likeOf, termsOf, tsqueryOf } from './search-text.policy.js';
import { EmptyQuery } from './search.errors.js';
import { SearchQueries, type SearchRequest } from './search.queries.js';
import type { SearchHitView } from './search.view.js';
import { snippetOf } from './snippet.policy.js';

/** Further words of a query are ignored. */
const MAX_TERMS = 10;

@Injectable()
export class SearchService {
  constructor(
    private readonly access: RoomAccess,
    private readonly queries: SearchQueries,
  ) {}

  /**
   * Returns the messages that contain all words of the query and that the actor may read, newest first.
   * @throws EmptyQuery, RoomNotFound, Forbidden
   */
  async searchMessages(actor: Actor, dto: SearchQuery): Promise<Page<SearchHitView>> {
    requireStorable(dto.query, 'query');
    const cursor = decodeCursor(dto.cursor, ['time', 'id', 'integer']);
    const terms = termsOf(dto.query, MAX_TERMS);
    if (terms.length === 0) throw new EmptyQuery();
    if (dto.roomId !== undefined) await this.access.read(actor, dto.roomId);
    const { roomId, userId, hasMedia } = dto;
    const scope = await this.queries.findScope(actor.userId, roomId ?? null);
    const request: SearchRequest = {
      viewer: actor.userId,
      roomId: roomId ?? null,
      userId: userId ?? null,
      hasMedia: hasMedia ?? null,
      after: timeOf(dto.after, 'after'),
      before: timeOf(dto.before, 'before'),
      patterns: terms.map(likeOf),
      tsquery: tsqueryOf(terms, { roomId, userId, hasMedia }),
      cursor,
      limit: dto.limit + 1,
    };
    return pageOf(
      await this.queries.searchMessages(request, scope),
      dto.limit,
      (row) => [row.at, row.roomId, row.seq],
      ({ view }) => ({ message: view, snippet: snippetOf(view.text ?? '', terms) }),
    );
  }
}

function timeOf(text: string | undefined, path: string): string | null {
  if (text === undefined) return null;
  const time = new Date(text);
  if (!isStorableTime(time.getTime())) throw new ValidationFailed([{ path, message: 'must be a time' }]);
  return time.toISOString();
}
