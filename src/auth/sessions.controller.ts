import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { SessionView, TicketView } from './auth.view.js';
import type { VerifiedActor } from './session.types.js';
import { Sessions } from './sessions.service.js';
import { TokenService } from './token.service.js';

const AT_ONCE = 'The server refuses its tokens and closes its sockets at once.';

@ApiTags('auth')
@ApiBearerAuth()
@Controller({ path: 'auth', version: '1' })
export class SessionsController {
  constructor(private readonly sessions: Sessions) {}

  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ summary: 'End this session', description: AT_ONCE })
  @ApiNoContentResponse()
  @ApiProblems({ 400: [], 404: 'session_not_found' })
  logout(@CurrentActor() { userId, sessionId }: VerifiedActor): Promise<void> {
    return this.sessions.endSession(userId, sessionId, 'logout');
  }

  @Get('sessions')
  @ApiOperation({ summary: 'List your sessions, newest first' })
  @ApiPage(SessionView)
  @ApiProblems()
  listSessions(@CurrentActor() actor: VerifiedActor, @Query() page: PageQuery): Promise<Page<SessionView>> {
    return this.sessions.listSessions(actor, page);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of your sessions', description: AT_ONCE })
  @ApiNoContentResponse()
  @ApiProblems({ 404: 'session_not_found' })
  endSession(@CurrentActor() actor: VerifiedActor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.sessions.endSession(actor.userId, id, 'revoked');
  }
}

@ApiTags('media')
@ApiBearerAuth()
@Controller({ path: 'media', version: '1' })
export class MediaTicketsController {
  constructor(private readonly tokens: TokenService) {}

  @Post('ticket')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Create a ticket for reading media',
    description:
      'For requests that cannot send a header, such as those of an `<img>`: `GET /v1/media/{id}/content?ticket=…`. A request with the ' +
      'ticket has your access. The ticket ends with this session.',
  })
  @ApiOkResponse({ type: TicketView })
  @ApiProblems({ 400: [] })
  issueMediaTicket(@CurrentActor() actor: VerifiedActor): TicketView {
    return this.tokens.issueMediaTicket(actor);
  }
}
