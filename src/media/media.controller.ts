import { Controller, Delete, Get, HttpCode, Param, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor, TicketAllowed } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { ContentQueryDto } from './dto/content-query.dto.js';
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
  @ApiOperation({ summary: 'About a file' })
  @ApiOkResponse({ type: MediaView })
  @ApiProblems({ 404: 'media_not_found' })
  getMedia(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<MediaView> {
    return this.media.getMedia(actor, id);
  }

  @Get(':id/content')
  @TicketAllowed()
  @ApiOperation({
    summary: 'The bytes of a file',
    description:
      'For its uploader, who may read a message in which it stands, and who may see the person or room whose avatar it is: judged at every ' +
      'request. Streamed (`Range`, `If-Range`, `If-None-Match`), or 302 to a link of the store that lives for a minute. Without a header ' +
      '`?ticket=` stands for the token. What is neither picture, film nor sound comes as an attachment.',
  })
  @ApiProduces('*/*')
  @ApiOkResponse({ description: 'The whole file, in its own type.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 206, description: 'The range that was asked for.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 302, description: 'To the store, for 60 seconds.' })
  @ApiResponse({ status: 304, description: 'You have it.' })
  @ApiProblems({
    404: ['media_not_found', 'thumbnail_missing', 'object_missing'],
    416: 'range_not_satisfiable',
    422: 'unstorable_text',
    503: ['database_unavailable', 'storage_unavailable'],
  })
  async getMediaContent(
    @CurrentActor() actor: Actor,
    @Param('id', IdPipe) id: string,
    @Query() { variant }: ContentQueryDto,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.delivery.getMediaContent(await this.media.requireMedia(actor, id), variant, request, response);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Throw a file away', description: "An unused one of one's own." })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'media_not_found', 409: 'media_in_use' })
  deleteMedia(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.media.deleteMedia(actor, id);
  }
}
