import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiProblems } from '../common/api.decorators.js';
import { CurrentActor, Public, TicketAllowed } from '../common/auth.decorators.js';
import { IdPipe } from '../common/ids.js';
import { RateLimit } from '../limits/rate-limit.interceptor.js';
import { MediaContentQueryDto, PutUploadQueryDto, StartUploadDto } from './dto/media.dto.js';
import { MediaDelivery } from './media-delivery.service.js';
import { MediaService } from './media.service.js';
import { MediaView, UploadView } from './media.view.js';
import { DirectUploads } from './uploads/direct-uploads.service.js';
import { FormUploads } from './uploads/form-uploads.service.js';

const BUSY = ['database_unavailable', 'storage_unavailable', 'overloaded'];

@ApiTags('media')
@ApiBearerAuth()
@Controller({ path: 'media', version: '1' })
export class MediaController {
  constructor(
    private readonly media: MediaService,
    private readonly delivery: MediaDelivery,
    private readonly forms: FormUploads,
    private readonly direct: DirectUploads,
  ) {}

  @Post()
  @RateLimit('upload')
  @ApiOperation({
    summary: 'Upload a file',
    description:
      'Send a form with one part, `file`. The content type is detected from the bytes. An image is re-encoded: rotated upright, ' +
      'without EXIF or other metadata; a damaged image is refused. `size` and `sha256` are those of the stored bytes.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } } })
  @ApiCreatedResponse({ type: MediaView })
  @ApiProblems({
    400: ['validation_failed', 'malformed_request', 'upload_broken_off'],
    413: 'file_too_large',
    415: ['unsupported_media_type', 'media_type_refused'],
    422: ['quota_exceeded', 'image_unreadable', 'too_many_pixels'],
    503: BUSY,
  })
  uploadMedia(@CurrentActor() actor: Actor, @Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<MediaView> {
    return this.forms.uploadMedia(actor, request, response);
  }

  @Post('uploads')
  @RateLimit('upload')
  @ApiOperation({
    summary: 'Start a direct upload',
    description: 'Send the bytes to `url` with the method and headers, then complete the upload.',
  })
  @ApiCreatedResponse({ type: UploadView })
  @ApiProblems({
    413: 'file_too_large',
    415: 'media_type_refused',
    422: ['quota_exceeded', 'unstorable_text'],
    503: ['database_unavailable', 'storage_unavailable'],
  })
  startDirectUpload(@CurrentActor() actor: Actor, @Body() dto: StartUploadDto): Promise<UploadView> {
    return this.direct.startDirectUpload(actor, dto);
  }

  @Post('uploads/:mediaId/complete')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Complete a direct upload',
    description:
      'The bytes are checked like those of any other upload. If you complete it again, the answer is the same file. If a re-encoded ' +
      'image is larger than the announced size and exceeds your quota, you can complete the upload later, until it expires.',
  })
  @ApiOkResponse({ type: MediaView })
  @ApiProblems({
    404: 'upload_not_found',
    409: ['upload_missing', 'upload_expired'],
    415: 'media_type_refused',
    422: ['upload_mismatch', 'quota_exceeded', 'image_unreadable', 'too_many_pixels'],
    503: BUSY,
  })
  completeDirectUpload(@CurrentActor() actor: Actor, @Param('mediaId', IdPipe) id: string): Promise<MediaView> {
    return this.direct.completeDirectUpload(actor, id);
  }

  @Put('uploads/:mediaId/content')
  @Public()
  @HttpCode(204)
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Send the bytes of a direct upload',
    description: 'The `url` of a direct upload if the object store is a folder. Needs only the `token` in that URL.',
  })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiNoContentResponse()
  @ApiProblems({
    400: ['validation_failed', 'upload_broken_off'],
    401: [],
    404: 'upload_not_found',
    413: 'file_too_large',
    422: 'upload_mismatch',
    503: BUSY,
  })
  putDirectUpload(
    @Param('mediaId', IdPipe) mediaId: string,
    @Query() { token }: PutUploadQueryDto,
    @Req() request: Request,
  ): Promise<void> {
    return this.direct.putDirectUpload(mediaId, token, request);
  }

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
      'Allowed for the uploader, for users who can read a message to which the file is attached, and for users who can see the user or ' +
      'room whose avatar it is. Access is checked on every request. The answer is a stream (`Range`, `If-Range`, `If-None-Match`), or ' +
      'a redirect to a URL of the object store that is valid for 60 seconds. Where no header can be sent, `?ticket=` replaces the ' +
      'token. Files other than images, video and audio are sent as attachments.',
  })
  @ApiProduces('*/*')
  @ApiOkResponse({ description: 'The whole file, with its content type.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 206, description: 'The requested range.', schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 302, description: 'A redirect to the object store, valid for 60 seconds.' })
  @ApiResponse({ status: 304, description: 'The copy of the client is current.' })
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
    description: 'Only a file that you uploaded, and to which no message, user or room refers.',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 403: 'forbidden', 404: 'media_not_found', 409: 'media_in_use' })
  deleteMedia(@CurrentActor() actor: Actor, @Param('id', IdPipe) id: string): Promise<void> {
    return this.media.deleteMedia(actor, id);
  }
}
