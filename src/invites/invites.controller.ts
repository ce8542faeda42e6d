import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe, RoomId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { CreateInviteDto } from './dto/create-invite.dto.js';
import { InviteRedemptionService } from './invite-redemption.service.js';
import { InviteView } from './invite.view.js';
import { InvitesService } from './invites.service.js';
import { RoomViews } from '../rooms/room-views.service.js';
import { RoomCardView, RoomView } from '../rooms/room.view.js';

@ApiTags('invites')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId/invites', version: '1' })
export class InvitesController {
  constructor(private readonly invites: InvitesService) {}

  @Post()
  @ApiOperation({
    summary: 'Create an invite',
    description:
      'Needs `can_create_invites`. Users join with the role `member`. The invite works while its creator is a member of the room and ' +
      'may create invites.',
  })
  @ApiCreatedResponse({ type: InviteView })
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found', 422: ['too_many_invites', 'time_is_past'] })
  createInvite(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Body() dto: CreateInviteDto): Promise<InviteView> {
    return this.invites.createInvite(actor, roomId, dto);
  }

  @Get()
  @ApiOperation({ summary: 'List the usable invites of a room, newest first', description: 'Needs `can_create_invites`.' })
  @ApiPage(InviteView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listInvites(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: PageQuery): Promise<Page<InviteView>> {
    return this.invites.listInvites(actor, roomId, query);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Revoke an invite', description: 'An invite that another user created needs `can_remove_users`.' })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'invite_not_found'] })
  revokeInvite(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Param('id', IdPipe) id: string): Promise<void> {
    return this.invites.revokeInvite(actor, roomId, id);
  }
}

@ApiTags('invites')
@ApiBearerAuth()
@Controller({ path: 'invites', version: '1' })
export class InviteRedemptionController {
  constructor(
    private readonly redemption: InviteRedemptionService,
    private readonly views: RoomViews,
  ) {}

  @Get(':code')
  @ApiOperation({ summary: 'Get the room card of an invite' })
  @ApiOkResponse({ type: RoomCardView })
  @ApiProblems({ 403: 'forbidden', 404: 'invite_not_found' })
  getInviteCard(@CurrentActor() actor: Actor, @Param('code') code: string): Promise<RoomCardView> {
    return this.redemption.getInviteCard(actor, code);
  }

  @Post(':code/join')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Join a room by invite', description: 'Counts as a use of the invite, unless you are already a member.' })
  @ApiOkResponse({ type: RoomView })
  @ApiProblems({ 403: 'forbidden', 404: 'invite_not_found', 422: ['room_full', 'too_many_rooms'] })
  async joinByInvite(@CurrentActor() actor: Actor, @Param('code') code: string): Promise<RoomView> {
    return this.views.getRoomView(actor.userId, await this.redemption.joinByInvite(actor, code));
  }
}
