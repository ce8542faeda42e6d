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
import { AccountExport } from './account-export.service.js';
import { DeleteAccountDto, UpdateMeDto } from './dto/accounts.dto.js';
import { ProfileService } from './profile.service.js';

const NDJSON = 'application/x-ndjson';

@ApiTags('users')
@ApiBearerAuth()
@Controller({ path: 'users/me', version: '1' })
export class AccountsController {
  constructor(
    private readonly profile: ProfileService,
    private readonly lifecycle: AccountLifecycle,
    private readonly accountExport: AccountExport,
  ) {}

  @Patch()
  @ApiOperation({
    summary: 'Update your display name, avatar or privacy',
    description: 'A field that is left out keeps its value; null clears it.',
  })
  @ApiOkResponse({ type: MeView })
  @ApiProblems({ 422: ['media_not_usable', 'unstorable_text'] })
  updateMe(@CurrentActor() actor: Actor, @Body() dto: UpdateMeDto): Promise<MeView> {
    return this.profile.updateMe(actor, dto);
  }

  @Delete()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Delete your account',
    description:
      'Deletes your login, sessions, names and avatar at once, and the rooms in which you are the only member. Other rooms that you own ' +
      'get another owner. Your messages stay as those of a deleted user, or become tombstones within the hour.',
  })
  @ApiAcceptedResponse({
    description: 'The account is deleted. A job ends its memberships and friendships, and erases its messages if you chose `erase`.',
  })
  @ApiProblems({ 404: 'user_not_found' })
  deleteMe(@CurrentActor() actor: Actor, @Query() { messages }: DeleteAccountDto): Promise<void> {
    return this.lifecycle.deleteMe(actor.userId, messages);
  }

  @Get('export')
  @ApiOperation({
    summary: 'Export your data as NDJSON',
    description:
      'Each line has a `type`: `profile`, `session`, `friend`, `friendRequest`, `block`, `room`, `message`, `reaction`, `media`, ' +
      '`report` (with your reason), `reportResolution` (with your note), `ban` and `invite` (created by you, without the code). A file ' +
      'whose last line is not of the type `end` is incomplete. The export contains nothing from deleted rooms. A message that you may ' +
      'no longer read is exported as you last wrote it, without later edits by others; its `text` is null if the author of the text is ' +
      'unknown.',
  })
  @ApiProduces(NDJSON)
  @ApiOkResponse({ schema: { type: 'string', example: '{"type":"profile","id":"…"}\n{"type":"end"}\n' } })
  @ApiProblems({ 400: [] })
  async exportMe(@CurrentActor() actor: Actor, @Res() response: Response): Promise<void> {
    response.setHeader('Content-Type', NDJSON);
    response.setHeader('Content-Disposition', 'attachment; filename="parley-export.ndjson"');
    await pipeline(Readable.from(this.accountExport.exportLines(actor.userId)), response).catch((error: NodeJS.ErrnoException) => {
      // The client has stopped reading.
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  }
}
