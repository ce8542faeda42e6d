import { Body, Controller, Delete, Get, Header, HttpCode, HttpStatus, Patch, Post, Put, Query, Res } from '@nestjs/common';
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
import { RoomId } from '../common/ids.js';
import { JoinLeaveService } from './join-leave.service.js';
import {
  CreateRoomDto,
  MyRoomsQuery,
  PublicRoomsQuery,
  RoomPermissionsQuery,
  TransferOwnershipDto,
  UpdateRoomDto,
} from './dto/room.dto.js';
import { RoomDeletion } from './room-deletion.service.js';
import { Ownership } from './ownership.service.js';
import { RoomUpdates } from './room-updates.service.js';
import { RoomPermissions } from './room-permissions.service.js';
import { type JsonPage, RoomViews } from './room-views.service.js';
import { RoomCardView, RoomPermissionsView, RoomView } from './room.view.js';
import { RoomsService } from './rooms.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('rooms')
@ApiBearerAuth()
@Controller({ path: 'rooms', version: '1' })
export class RoomsController {
  constructor(
    private readonly rooms: RoomsService,
    private readonly views: RoomViews,
    private readonly updates: RoomUpdates,
    private readonly joinLeave: JoinLeaveService,
    private readonly deletion: RoomDeletion,
  ) {}

  @Get()
  @Header('Content-Type', JSON_TYPE)
  @ApiOperation({ summary: 'List your rooms', description: 'Each with its last visible message, your unread count and your permissions.' })
  @ApiPage(RoomView)
  @ApiProblems({ 422: 'unstorable_text' })
  listMyRooms(@CurrentActor() actor: Actor, @Query() query: MyRoomsQuery): Promise<JsonPage> {
    return this.views.listMyRooms(actor, query);
  }

  @Get('public')
  @Header('Content-Type', JSON_TYPE)
  @ApiOperation({ summary: 'List public rooms', description: 'Newest first; `query` searches names, descriptions and tags.' })
  @ApiPage(RoomCardView)
  @ApiProblems({ 422: 'unstorable_text' })
  listPublicRooms(@CurrentActor() actor: Actor, @Query() query: PublicRoomsQuery): Promise<JsonPage> {
    return this.views.listPublicRooms(actor, query);
  }

  @Post()
  @ApiOperation({
    summary: 'Create a room',
    description:
      'Adds all users, or creates nothing. A private room (`private_messages`) takes one user, whose privacy settings must allow it. ' +
      'Two users have at most one private room, plus one inside each team (`teamId`) of which both are members; if it already exists, ' +
      'the answer is 200 with that room. A channel or a team needs a name.',
  })
  @ApiCreatedResponse({ type: RoomView })
  @ApiOkResponse({ type: RoomView, description: 'The existing private room.' })
  @ApiProblems({
    403: 'forbidden',
    404: ['user_not_found', 'room_not_found', 'room_user_not_found'],
    422: ['room_full', 'too_many_rooms', 'media_not_usable', 'cannot_message_oneself', 'not_a_team', 'unstorable_text'],
  })
  async createRoom(
    @CurrentActor() actor: Actor,
    @Body() dto: CreateRoomDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RoomView> {
    const { room, created } = await this.rooms.createRoom(actor, dto);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return room;
  }

  @Get(':roomId')
  @ApiExtraModels(RoomView, RoomCardView)
  @ApiOperation({ summary: 'Get a room', description: 'If you are not a member of a public room, the answer is its card.' })
  @ApiOkResponse({ schema: { oneOf: [{ $ref: getSchemaPath(RoomView) }, { $ref: getSchemaPath(RoomCardView) }] } })
  @ApiProblems({ 404: 'room_not_found' })
  getRoom(@CurrentActor() actor: Actor, @RoomId() roomId: string): Promise<RoomView | RoomCardView> {
    return this.views.getRoom(actor, roomId);
  }

  @Patch(':roomId')
  @ApiOperation({ summary: 'Update a room', description: 'Needs `can_edit_room`. With `active: false` the room accepts no new messages.' })
  @ApiOkResponse({ type: RoomView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: ['name_required', 'media_not_usable', 'unstorable_text'] })
  updateRoom(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Body() dto: UpdateRoomDto): Promise<RoomView> {
    return this.updates.updateRoom(actor, roomId, dto);
  }

  @Delete(':roomId')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Delete a room',
    description: 'Needs `can_delete_room`. All members lose access at once. The id is not used again.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  deleteRoom(@CurrentActor() actor: Actor, @RoomId() roomId: string): Promise<void> {
    return this.deletion.deleteRoom(actor, roomId);
  }

  @Post(':roomId/join')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Join a public room', description: 'If you are already a member, nothing changes.' })
  @ApiOkResponse({ type: RoomView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: ['room_full', 'too_many_rooms'] })
  joinRoom(@CurrentActor() actor: Actor, @RoomId() roomId: string): Promise<RoomView> {
    return this.joinLeave.joinRoom(actor, roomId);
  }

  @Post(':roomId/leave')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Leave a room',
    description:
      'The owner must first transfer the ownership, unless they are the last member. When the last member leaves, the room is deleted.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 409: ['owner_must_transfer', 'private_room'] })
  leaveRoom(@CurrentActor() actor: Actor, @RoomId() roomId: string): Promise<void> {
    return this.joinLeave.leaveRoom(actor, roomId);
  }
}

@ApiTags('rooms')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId', version: '1' })
export class RoomRightsController {
  constructor(
    private readonly ownership: Ownership,
    private readonly permissions: RoomPermissions,
  ) {}

  @Put('owner')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Transfer the ownership of a room', description: 'Only for the owner, who becomes an admin.' })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'room_user_not_found', 'user_not_found'], 409: 'private_room' })
  transferOwnership(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Body() { userId }: TransferOwnershipDto): Promise<void> {
    return this.ownership.transferOwnership(actor, roomId, userId);
  }

  @Get('permissions')
  @ApiOperation({
    summary: 'Explain the permissions of a member',
    description:
      'States for each permission whether you have it, and by which rule. Admins and owners may ask for another member with `userId`.',
  })
  @ApiOkResponse({ type: RoomPermissionsView })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'room_user_not_found'] })
  explainPermissions(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @Query() { userId }: RoomPermissionsQuery,
  ): Promise<RoomPermissionsView> {
    return this.permissions.explainPermissions(actor, roomId, userId);
  }
}
