import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { UserId } from '../common/ids.js';
import type { Page } from '../common/page.js';
import { LookupUsersDto, SearchUsersDto } from './dto/users.dto.js';
import { MeView, UserView } from './user.view.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller({ path: 'users', version: '1' })
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @ApiOperation({ summary: 'Get your own account' })
  @ApiOkResponse({ type: MeView })
  @ApiProblems({ 400: [] })
  getMe(@CurrentActor() actor: Actor): Promise<MeView> {
    return this.users.getMe(actor);
  }

  @Get()
  @ApiOperation({ summary: 'Search users by name' })
  @ApiPage(UserView)
  @ApiProblems({ 422: 'unstorable_text' })
  searchUsers(@Query() dto: SearchUsersDto): Promise<Page<UserView>> {
    return this.users.searchUsers(dto);
  }

  @Post('lookup')
  @HttpCode(200)
  @ApiOperation({ summary: 'Get users by id or username', description: 'Unknown ids and usernames are left out.' })
  @ApiPage(UserView)
  @ApiProblems({ 422: 'unstorable_text' })
  lookupUsers(@Body() dto: LookupUsersDto): Promise<Page<UserView>> {
    return this.users.lookupUsers(dto);
  }

  @Get(':userId')
  @ApiOperation({ summary: 'Get a user', description: 'A deleted account has `deleted: true` and a placeholder username.' })
  @ApiOkResponse({ type: UserView })
  @ApiProblems({ 404: 'user_not_found' })
  getUser(@UserId() userId: string): Promise<UserView> {
    return this.users.getUser(userId);
  }
}
