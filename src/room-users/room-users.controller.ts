import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Patch, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { RoomId, UserId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { Bans } from './bans.service.js';
import { AddMembersDto, BanUserDto, MarkReadDto, RoomUsersQuery, UpdateMemberDto, UpdateMembershipDto } from './dto/room-user.dto.js';
import { MembershipPreferences } from './membership-preferences.service.js';
import { ReadMarks } from './read-marks.service.js';
import { BanView, MembershipView, ReadStateView, RoomUsersPage, RoomUserView } from './room-user.view.js';
import { RoomMembers } from './room-members.service.js';
import { MemberUpdates } from './member-updates.service.js';

const ADDED = {
  oneOf: [
    { $ref: getSchemaPath(RoomUserView) },
    { type: 'object', required: ['items'], properties: { items: { type: 'array', items: { $ref: getSchemaPath(RoomUserView) } } } },
  ],
};

@ApiTags('room users')
@ApiBearerAuth()
@ApiExtraModels(RoomUserView)
@Controller({ path: 'rooms/:roomId/users', version: '1' })
export class RoomUsersController {
  constructor(
    private readonly members: RoomMembers,
    private readonly memberUpdates: MemberUpdates,
    private readonly preferences: MembershipPreferences,
    private readonly marks: ReadMarks,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'List the members of a room',
    description: 'With the last `seq` and `rev` of the room, read before the members.',
  })
  @ApiOkResponse({ type: RoomUsersPage })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: 'unstorable_text' })
  listMembers(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: RoomUsersQuery): Promise<RoomUsersPage> {
    return this.members.listMembers(actor, roomId, query);
  }

  @Post()
  @ApiOperation({
    summary: 'Add members to a room',
    description:
      'Needs `can_add_users`. Adds one user, or up to 100, all or none. A role other than `member`, and permissions other than the ' +
      'preset of the role, need `can_manage_roles`; to add a permission you must have it.',
  })
  @ApiCreatedResponse({ schema: ADDED, description: 'The new member for `userId`; `{ items }` for `userIds`.' })
  @ApiProblems({
    403: 'forbidden',
    404: ['room_not_found', 'user_not_found'],
    409: 'already_member',
    422: ['room_full', 'too_many_rooms'],
  })
  addMembers(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @Body() dto: AddMembersDto,
  ): Promise<RoomUserView | { items: RoomUserView[] }> {
    return this.members.addMembers(actor, roomId, dto);
  }

  @Patch('me')
  @ApiOperation({
    summary: 'Update your membership',
    description: 'Mutes, pins or archives the room for you, or stores a draft. Only you see it.',
  })
  @ApiOkResponse({ type: MembershipView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: 'unstorable_text' })
  updateMembership(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Body() dto: UpdateMembershipDto): Promise<MembershipView> {
    return this.preferences.updateMembership(actor, roomId, dto);
  }

  @Put('me/read')
  @ApiOperation({ summary: 'Mark a room as read up to a message', description: 'The read mark never moves back. Also sets `lastSeenAt`.' })
  @ApiOkResponse({ type: ReadStateView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 503: ['database_unavailable', 'overloaded'] })
  markRead(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Body() { seq }: MarkReadDto): Promise<ReadStateView> {
    return this.marks.markRead(actor, roomId, seq);
  }

  @Get(':userId')
  @ApiOperation({ summary: 'Get a member of a room' })
  @ApiOkResponse({ type: RoomUserView })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'room_user_not_found'] })
  getMember(@CurrentActor() actor: Actor, @RoomId() roomId: string, @UserId() userId: string): Promise<RoomUserView> {
    return this.members.getMember(actor, roomId, userId);
  }

  @Patch(':userId')
  @ApiOperation({
    summary: 'Update a member',
    description:
      'The member must be of a lower rank than yours. Role and permissions need `can_manage_roles`, and to add a permission you must ' +
      'have it; a silence needs `can_remove_users`. A new role removes overrides. A silence is kept when the member leaves or is ' +
      'removed: it can still be changed or lifted here, and applies again on rejoin. Role and permissions are not kept: a rejoining ' +
      'user has the preset of a member.',
  })
  @ApiOkResponse({ type: RoomUserView })
  @ApiNoContentResponse({ description: 'The kept silence of a former member is changed.' })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'room_user_not_found'], 422: 'time_is_past' })
  async updateMember(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @UserId() userId: string,
    @Body() dto: UpdateMemberDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RoomUserView | null> {
    const roomUser = await this.memberUpdates.updateMember(actor, roomId, userId, dto);
    if (!roomUser) response.status(HttpStatus.NO_CONTENT);
    return roomUser;
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Remove a member',
    description: 'Needs `can_remove_users`; the member must be of a lower rank than yours, and receives nothing that is committed later.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'room_user_not_found'] })
  removeMember(@CurrentActor() actor: Actor, @RoomId() roomId: string, @UserId() userId: string): Promise<void> {
    return this.members.removeMember(actor, roomId, userId);
  }
}

@ApiTags('room users')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId/bans', version: '1' })
export class BansController {
  constructor(
    private readonly bans: Bans,
    private readonly members: RoomMembers,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the bans of a room', description: 'Needs `can_ban_users`.' })
  @ApiPage(BanView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listBans(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: PageQuery): Promise<Page<BanView>> {
    return this.members.listBans(actor, roomId, query);
  }

  @Put(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Ban a user from a room',
    description:
      'Needs `can_ban_users`; a member must be of a lower rank than yours, and is removed. Until the ban ends the user cannot join, be ' +
      'added or use an invite.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'user_not_found'], 422: ['time_is_past', 'unstorable_text'] })
  banUser(@CurrentActor() actor: Actor, @RoomId() roomId: string, @UserId() userId: string, @Body() dto: BanUserDto): Promise<void> {
    return this.bans.banUser(actor, roomId, userId, dto);
  }

  @Delete(':userId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Lift a ban', description: 'Needs `can_ban_users`.' })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'ban_not_found'] })
  liftBan(@CurrentActor() actor: Actor, @RoomId() roomId: string, @UserId() userId: string): Promise<void> {
    return this.bans.liftBan(actor, roomId, userId);
  }
}
