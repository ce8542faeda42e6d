import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { TicketView } from './auth.view.js';
import { Tickets } from './tickets.service.js';
import type { VerifiedActor } from './token.service.js';

@ApiTags('media')
@ApiBearerAuth()
@Controller({ path: 'media', version: '1' })
export class TicketsController {
  constructor(private readonly tickets: Tickets) {}

  @Post('ticket')
  @HttpCode(200)
  @ApiOperation({
    summary: 'A ticket for reading media',
    description:
      'For where no header can be sent, as in an `<img>`: `GET /v1/media/:id/content?ticket=…`. It opens what you may read, judged at every ' +
      'request, and ends with this session.',
  })
  @ApiOkResponse({ type: TicketView })
  @ApiProblems({ 400: [] })
  issueMediaTicket(@CurrentActor() actor: VerifiedActor): TicketView {
    return this.tickets.issueMediaTicket(actor);
  }
}
