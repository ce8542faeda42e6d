import { Controller, Delete, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { UserView } from '../users/user.view.js';
import { AccountLifecycle } from './account-lifecycle.service.js';
import { DeleteAccountDto } from './dto/delete-account.dto.js';

@ApiTags('admin')
@ApiBearerAuth()
@Controller({ path: 'users/:userId', version: '1' })
export class AccountAdminController {
  constructor(private readonly lifecycle: AccountLifecycle) {}

  @Delete()
  @HttpCode(202)
  @ApiOperation({ summary: 'Remove an account', description: 'For a platform admin. As its owner would.' })
  @ApiAcceptedResponse({ description: 'Gone for everybody; the rest follows.' })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found' })
  deleteUser(
    @CurrentActor() actor: Actor,
    @Param('userId', IdPipe) userId: string,
    @Query() { messages }: DeleteAccountDto,
  ): Promise<void> {
    return this.lifecycle.deleteUser(actor, userId, messages);
  }

  @Post('deactivate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Put an account to rest',
    description:
      'For a platform admin. Its sessions and sockets end at once; nobody finds it, until it is woken. Its rooms pass to others, as soon as there is somebody.',
  })
  @ApiOkResponse({ type: UserView })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found', 422: 'not_oneself' })
  deactivateUser(@CurrentActor() actor: Actor, @Param('userId', IdPipe) userId: string): Promise<UserView> {
    return this.lifecycle.deactivateUser(actor, userId);
  }

  @Post('activate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Wake an account',
    description: 'For a platform admin. The person logs in again; rooms that passed to others stay theirs.',
  })
  @ApiOkResponse({ type: UserView })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found' })
  activateUser(@CurrentActor() actor: Actor, @Param('userId', IdPipe) userId: string): Promise<UserView> {
    return this.lifecycle.activateUser(actor, userId);
  }
}
