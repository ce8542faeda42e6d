import { Body, Controller, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Actor } from '../../common/actor.js';
import { ApiProblems } from '../../common/api.decorators.js';
import { CurrentActor, Public } from '../../common/auth.decorators.js';
import { IdPipe } from '../../common/ids.js';
import { RateLimit } from '../../limits/rate-limit.interceptor.js';
import { MediaView } from '../media.view.js';
import { Arrivals } from './arrivals.service.js';
import { DirectUploads } from './direct-uploads.service.js';
import { ArrivalQueryDto } from './dto/arrival-query.dto.js';
import { StartUploadDto } from './dto/start-upload.dto.js';
import { UploadSlots } from './upload-slots.js';
import { FormUploads } from './form-uploads.service.js';
import { UploadView } from './uploads.view.js';

const BUSY = ['database_unavailable', 'storage_unavailable', 'overloaded'];

@ApiTags('media')
@ApiBearerAuth()
@Controller({ path: 'media', version: '1' })
export class UploadsController {
  constructor(
    private readonly uploads: FormUploads,
    private readonly direct: DirectUploads,
    private readonly arrivals: Arrivals,
    private readonly slots: UploadSlots,
  ) {}

  @Post()
  @RateLimit('upload')
  @ApiOperation({
    summary: 'Upload a file',
    description:
      'A form with one part, `file`, streamed to the store. The type follows from the bytes. An image is written anew: turned as its ' +
      'orientation says, without EXIF or anything else beside the picture; one that cannot be read is refused. `size` and `sha256` are those ' +
      'of the bytes that are kept.',
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
    return this.uploads.uploadMedia(actor, request, response);
  }

  @Post('uploads')
  @RateLimit('upload')
  @ApiOperation({ summary: 'Begin a direct upload', description: 'Put the bytes to `url`, then complete the upload.' })
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
      'The bytes are looked at as those of any upload. The second time it answers as the first. An image that is larger once it is written ' +
      'anew needs space for that too; an upload that is refused for want of it can be completed later, until it expires.',
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
    return this.slots.hold(() => this.direct.completeDirectUpload(actor, id));
  }

  @Put('uploads/:mediaId/content')
  @Public()
  @HttpCode(204)
  @ApiSecurity({})
  @ApiOperation({
    summary: 'Put the bytes of a direct upload',
    description: 'The `url` of a direct upload where files are kept in a folder; its `token` is all that is needed.',
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
  putDirectUpload(@Param('mediaId', IdPipe) mediaId: string, @Query() { token }: ArrivalQueryDto, @Req() request: Request): Promise<void> {
    return this.arrivals.putDirectUpload(mediaId, token, request);
  }
}
