import { Controller, Delete, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { UserId } from '../common/ids.js';
import { UserView } from '../users/user.view.js';
import { AccountLifecycle } from './account-lifecycle.service.js';
import { DeleteAccountDto } from './dto/accounts.dto.js';

@ApiTags('admin')
@ApiBearerAuth()
@Controller({ path: 'users/:userId', version: '1' })
export class AccountAdminController {
  constructor(private readonly lifecycle: AccountLifecycle) {}

  @Delete()
  @HttpCode(202)
  @ApiOperation({ summary: 'Delete an account', description: 'Only for platform admins. Has the same effects as a deletion by the user.' })
  @ApiAcceptedResponse({
    description: 'The account is deleted. A job ends its memberships and friendships, and erases its messages if you chose `erase`.',
  })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found' })
  deleteUser(@CurrentActor() actor: Actor, @UserId() userId: string, @Query() { messages }: DeleteAccountDto): Promise<void> {
    return this.lifecycle.deleteUser(actor, userId, messages);
  }

  @Post('deactivate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Deactivate an account',
    description:
      'Only for platform admins. Ends its sessions and closes its sockets at once, and hides it from searches until it is activated. A ' +
      'room that it owns gets another owner as soon as it has another active member.',
  })
  @ApiOkResponse({ type: UserView })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found', 422: 'not_oneself' })
  deactivateUser(@CurrentActor() actor: Actor, @UserId() userId: string): Promise<UserView> {
    return this.lifecycle.deactivateUser(actor, userId);
  }

  @Post('activate')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Activate an account',
    description: 'Only for platform admins. The user can log in again. A room that has another owner by now keeps that owner.',
  })
  @ApiOkResponse({ type: UserView })
  @ApiProblems({ 403: 'forbidden', 404: 'user_not_found' })
  activateUser(@CurrentActor() actor: Actor, @UserId() userId: string): Promise<UserView> {
    return this.lifecycle.activateUser(actor, userId);
  }
}
