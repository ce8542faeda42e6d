import { ApiProperty } from '@nestjs/swagger';

/** Where a client may put a file by itself. */
export class UploadView {
  @ApiProperty({ format: 'uuid' }) mediaId: string;
  @ApiProperty({ enum: ['PUT'] }) method: 'PUT';
  @ApiProperty({ description: 'Of the store; a path of this API where the store is a folder. Good without any token until it expires.' })
  url: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'To be sent as they are.',
    example: { 'content-type': 'image/jpeg' },
  })
  headers: Readonly<Record<string, string>>;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:45:00.000Z' }) expiresAt: string;
}
