import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { SessionView } from './auth.view.js';
import { Sessions } from './sessions.service.js';
import type { VerifiedActor } from './token.service.js';

@ApiTags('auth')
@ApiBearerAuth()
@Controller({ path: 'auth', version: '1' })
export class SessionsController {
  constructor(private readonly sessions: Sessions) {}

  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ summary: 'End this session', description: 'Its tokens are refused and its sockets closed, at once.' })
  @ApiNoContentResponse()
  @ApiProblems({ 400: [], 404: 'session_not_found' })
  logout(@CurrentActor() { userId, sessionId }: VerifiedActor): Promise<void> {
    return this.sessions.endSession(userId, sessionId, 'logout');
  }

  @Get('sessions')
  @ApiOperation({ summary: 'My devices, the latest first' })
  @ApiPage(SessionView)
  @ApiProblems()
  listSessions(@CurrentActor() actor: VerifiedActor, @Query() page: PageQuery): Promise<Page<SessionView>> {
    return this.sessions.listSessions(actor, page);
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of my sessions', description: 'Its tokens are refused and its sockets closed, at once.' })
  @ApiNoContentResponse()
  @ApiProblems({ 404: 'session_not_found' })
  endSession(@CurrentActor() actor: VerifiedActor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.sessions.endSession(actor.userId, id, 'revoked');
  }
}
