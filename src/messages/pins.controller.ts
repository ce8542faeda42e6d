import { Controller, Delete, Get, HttpCode, HttpStatus, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { MessageId, RoomId } from '../common/ids.js';
import { PageQuery, type Page } from '../common/page.js';
import { MessageView } from '../timeline/message.view.js';
import { PinsService } from './pins.service.js';

const GONE = { 403: 'forbidden', 404: ['room_not_found', 'message_not_found'] } as const;
const BUSY = ['database_unavailable', 'busy'] as const;

@ApiTags('messages')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId', version: '1' })
export class PinsController {
  constructor(private readonly pins: PinsService) {}

  @Get('pins')
  @ApiOperation({ summary: 'List the pinned messages of a room', description: 'Most recently pinned first.' })
  @ApiPage(MessageView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listPins(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: PageQuery): Promise<Page<MessageView>> {
    return this.pins.listPins(actor, roomId, query);
  }

  @Put('messages/:messageId/pin')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Pin a message', description: 'Needs `can_pin_messages`.' })
  @ApiNoContentResponse()
  @ApiProblems({ ...GONE, 409: 'message_deleted', 422: ['too_many_pins', 'system_message'], 503: BUSY })
  pinMessage(@CurrentActor() actor: Actor, @RoomId() roomId: string, @MessageId() messageId: string): Promise<void> {
    return this.pins.pinMessage(actor, roomId, messageId);
  }

  @Delete('messages/:messageId/pin')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Unpin a message', description: 'Needs `can_pin_messages`. If the message is not pinned, nothing changes.' })
  @ApiNoContentResponse()
  @ApiProblems({ ...GONE, 503: BUSY })
  unpinMessage(@CurrentActor() actor: Actor, @RoomId() roomId: string, @MessageId() messageId: string): Promise<void> {
    return this.pins.unpinMessage(actor, roomId, messageId);
  }
}
