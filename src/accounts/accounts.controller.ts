import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, HttpCode, Patch, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { MeView } from '../users/user.view.js';
import { AccountLifecycle } from './account-lifecycle.service.js';
import { AccountExportQueries } from './account-export.queries.js';
import { UpdateMeDto } from './dto/update-me.dto.js';
import { DeleteAccountDto } from './dto/delete-account.dto.js';
import { ProfileService } from './profile.service.js';

const NDJSON = 'application/x-ndjson';

@ApiTags('users')
@ApiBearerAuth()
@Controller({ path: 'users/me', version: '1' })
export class AccountsController {
  constructor(
    private readonly profile: ProfileService,
    private readonly lifecycle: AccountLifecycle,
    private readonly exports: AccountExportQueries,
  ) {}

  @Patch()
  @ApiOperation({ summary: 'Change my name, picture or privacy', description: 'What is left out stays; null clears.' })
  @ApiOkResponse({ type: MeView })
  @ApiProblems({ 422: ['media_not_usable', 'unstorable_text'] })
  updateMe(@CurrentActor() actor: Actor, @Body() dto: UpdateMeDto): Promise<MeView> {
    return this.profile.updateMe(actor, dto);
  }

  @Delete()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Remove my account',
    description:
      'Login, sessions, name, picture and ownerships go at once; of a room in which I am alone, the room. ' +
      'Messages stay as from a deleted user, or become tombstones within the hour.',
  })
  @ApiAcceptedResponse({ description: 'Gone for everybody; the rest follows.' })
  @ApiProblems({ 404: 'user_not_found' })
  deleteMe(@CurrentActor() actor: Actor, @Query() { messages }: DeleteAccountDto): Promise<void> {
    return this.lifecycle.deleteMe(actor.userId, messages);
  }

  @Get('export')
  @ApiOperation({
    summary: 'My own data, as lines of JSON',
    description:
      'Each line has a `type`: `profile`, `session`, `friend`, `friendRequest`, `block`, `room`, `message`, `reaction`, `media`, ' +
      '`report` (with my reason), `reportResolution` (with my note), `ban` and `invite` (of my making, without the code); ' +
      'a file that does not end with the type `end` is not whole. Nothing of deleted rooms. A message that I may not read any more is as I ' +
      'left it, whatever others made of it since; its `text` is null where it is not known any more who wrote it.',
  })
  @ApiProduces(NDJSON)
  @ApiOkResponse({ schema: { type: 'string', example: '{"type":"profile","id":"…"}\n{"type":"end"}\n' } })
  @ApiProblems({ 400: [] })
  async exportMe(@CurrentActor() actor: Actor, @Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', NDJSON);
    response.setHeader('Content-Disposition', 'attachment; filename="parley-export.ndjson"');
    await pipeline(Readable.from(this.exports.lines(actor.userId)), response).catch((error: NodeJS.ErrnoException) => {
      // Who stops reading has what they wanted.
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  }
}
