import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe, UserId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { CreateFriendRequestDto, FriendRequestsQuery } from './dto/friend-requests.dto.js';
import { FriendRequestsService } from './friend-requests.service.js';
import { FriendsService } from './friends.service.js';
import { FriendRequestView, FriendView } from './friends.view.js';

@ApiTags('friends')
@ApiBearerAuth()
@Controller({ path: 'friend-requests', version: '1' })
export class FriendRequestsController {
  constructor(private readonly requests: FriendRequestsService) {}

  @Post()
  @ApiOperation({
    summary: 'Send a friend request',
    description:
      'If your request to the user is pending, answers 200 with it. If a request from the user to you is pending, approves it and ' +
      'answers 200. After a rejection the sender must wait for the cooldown (24 hours by default); the other user may send a request ' +
      'at once.',
  })
  @ApiCreatedResponse({ type: FriendRequestView })
  @ApiOkResponse({ type: FriendRequestView, description: 'The existing request.' })
  @ApiProblems({
    403: 'forbidden',
    404: 'user_not_found',
    409: 'already_friends',
    422: ['cannot_befriend_oneself', 'too_many_friend_requests', 'too_many_friends'],
    429: ['rate_limited', 'friend_request_cooldown'],
  })
  async createFriendRequest(
    @CurrentActor() actor: Actor,
    @Body() dto: CreateFriendRequestDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FriendRequestView> {
    const { friendRequest, created } = await this.requests.createFriendRequest(actor, dto.userId);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return friendRequest;
  }

  @Get()
  @ApiOperation({ summary: 'List your friend requests, newest first' })
  @ApiPage(FriendRequestView)
  @ApiProblems()
  listFriendRequests(@CurrentActor() actor: Actor, @Query() query: FriendRequestsQuery): Promise<Page<FriendRequestView>> {
    return this.requests.listFriendRequests(actor, query);
  }

  @Post(':id/approve')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Approve a friend request that you received' })
  @ApiOkResponse({ type: FriendRequestView })
  @ApiProblems({ 403: 'forbidden', 404: 'friend_request_not_found', 409: 'friend_request_decided', 422: 'too_many_friends' })
  approveFriendRequest(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<FriendRequestView> {
    return this.requests.approveFriendRequest(actor, id);
  }

  @Post(':id/reject')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Reject a friend request that you received' })
  @ApiOkResponse({ type: FriendRequestView })
  @ApiProblems({ 403: 'forbidden', 404: 'friend_request_not_found', 409: 'friend_request_decided' })
  rejectFriendRequest(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<FriendRequestView> {
    return this.requests.rejectFriendRequest(actor, id);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Cancel a friend request that you sent' })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'friend_request_not_found', 409: 'friend_request_decided' })
  cancelFriendRequest(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.requests.cancelFriendRequest(actor, id);
  }
}

@ApiTags('friends')
@ApiBearerAuth()
@Controller({ path: 'friends', version: '1' })
export class FriendsController {
  constructor(private readonly friends: FriendsService) {}

  @Get()
  @ApiOperation({ summary: 'List your friends, newest first' })
  @ApiPage(FriendView)
  @ApiProblems()
  listFriends(@CurrentActor() actor: Actor, @Query() query: PageQuery): Promise<Page<FriendView>> {
    return this.friends.listFriends(actor, query);
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'End a friendship', description: 'For both users. Rooms and messages stay.' })
  @ApiNoContentResponse()
  @ApiProblems({ 404: 'friend_not_found' })
  removeFriend(@CurrentActor() actor: Actor, @UserId() userId: string): Promise<void> {
    return this.friends.removeFriend(actor, userId);
  }
}
