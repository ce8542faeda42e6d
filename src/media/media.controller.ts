import { Controller, Delete, Get, HttpCode, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor, TicketAllowed } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { MediaContentQueryDto } from './dto/media.dto.js';
import { MediaDelivery } from './media-delivery.service.js';
import { MediaService } from './media.service.js';
import { MediaView } from './media.view.js';

@ApiTags('media')
@ApiBearerAuth()
@Controller({ path: 'media', version: '1' })
export class MediaController {
  constructor(
    private readonly media: MediaService,
    private readonly delivery: MediaDelivery,
  ) {}

  @Get(':id')
  @ApiOperation({ summary: 'Get the metadata of a file' })
  @ApiOkResponse({ type: MediaView })
  @ApiProblems({ 404: 'media_not_found' })
  getMedia(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<MediaView> {
    return this.media.getMedia(actor, id);
  }

  @Get(':id/content')
  @TicketAllowed()
  @ApiOperation({
    summary: 'Get the bytes of a file',
    description:
      'Allowed for its uploader, for readers of a message to which it is attached, and for users who see the user or room whose avatar it ' +
      'is. Access is checked on every request. The answer is a stream (`Range`, `If-Range`, `If-None-Match`), or a redirect to a URL of the ' +
      'object store that is valid for 60 seconds. Where no header can be sent, `?ticket=` replaces the token. Files other than images, video ' +
      'and audio are sent as attachments.',
  })
  @ApiProduces('*/*')
  @ApiOkResponse({ description: 'The whole file, with its content type.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 206, description: 'The requested range.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 302, description: 'A redirect to the object store, valid for 60 seconds.' })
  @ApiResponse({ status: 304, description: 'The file that the client has is current.' })
  @ApiProblems({
    404: ['media_not_found', 'thumbnail_missing', 'object_missing'],
    416: 'range_not_satisfiable',
    422: 'unstorable_text',
    503: ['database_unavailable', 'storage_unavailable'],
  })
  async getMediaContent(
    @CurrentActor() actor: Actor,
    @Param('id', IdPipe) id: string,
    @Query() { variant }: MediaContentQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.delivery.getMediaContent(await this.media.requireMedia(actor, id), variant, request, response);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an unused file',
    description: 'Deletes a file that you uploaded, and that no message, user or room refers to.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'media_not_found', 409: 'media_in_use' })
  deleteMedia(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.media.deleteMedia(actor, id);
  }
}
