import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { RoomId } from '../common/ids.js';
import { ChangesView } from './changes.view.js';
import { ChangesQuery } from './dto/sync.dto.js';
import { SyncService } from './sync.service.js';

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId/changes', version: '1' })
export class SyncController {
  constructor(private readonly sync: SyncService) {}

  @Get()
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOperation({
    summary: 'Get the changes in a room after a sync cursor',
    description:
      'New messages, and everything else that changed, each entity once in its current state. Repeat with `seq` and `rev` of the answer ' +
      'until `hasMore` is false.',
  })
  @ApiOkResponse({ type: ChangesView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  getChanges(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: ChangesQuery): Promise<string> {
    return this.sync.getChanges(actor, roomId, query);
  }
}
