import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../../common/actor.js';
import { ApiPage, ApiProblems } from '../../common/api.decorators.js';
import { CurrentActor } from '../../common/auth.decorators.js';
import { IdPipe } from '../../common/ids.js';
import { type Page, PageQuery } from '../../common/page.js';
import { MessageView } from '../../timeline/message.view.js';
import { PinsService } from './pins.service.js';

const BUSY = ['database_unavailable', 'busy'] as const;

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId', version: '1' })
export class PinsController {
  constructor(private readonly pins: PinsService) {}

  @Get('pins')
  @ApiOperation({ summary: 'The pinned messages of a room, newest pin first' })
  @ApiPage(MessageView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listPins(@CurrentActor() actor: Actor, @Param('roomId', IdPipe) roomId: string, @Query() query: PageQuery): Promise<Page<MessageView>> {
    return this.pins.listPins(actor, roomId, query);
  }

  @Put('messages/:messageId/pin')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Pin a message' })
  @ApiNoContentResponse()
  @ApiProblems({
    403: 'forbidden',
    404: ['room_not_found', 'message_not_found'],
    409: 'message_deleted',
    422: ['too_many_pins', 'system_message'],
    503: BUSY,
  })
  pinMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
  ): Promise<void> {
    return this.pins.pinMessage(actor, roomId, messageId);
  }

  @Delete('messages/:messageId/pin')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Take the pin away' })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'message_not_found'], 503: BUSY })
  unpinMessage(
    @CurrentActor() actor: Actor,
    @Param('roomId', IdPipe) roomId: string,
    @Param('messageId', IdPipe) messageId: string,
  ): Promise<void> {
    return this.pins.unpinMessage(actor, roomId, messageId);
  }
}
