import { ApiProperty } from '@nestjs/swagger';
import { timeJson } from '../database/sql.js';
import { type Media, MEDIA_KINDS, type MediaKind } from './media.entity.js';

/** A file as clients see it. The URLs are stable paths that need a token or a ticket. */
export class MediaView {
  @ApiProperty({ format: 'uuid', example: '0199f3a1-7b2c-7d10-8a55-4be0a1c2d3e4' }) id: string;
  @ApiProperty({ enum: MEDIA_KINDS, example: 'image' }) kind: MediaKind;
  @ApiProperty({ example: 'beach.jpg' }) filename: string;
  @ApiProperty({ example: 'image/jpeg' }) contentType: string;
  @ApiProperty({ description: 'In bytes, as stored and served.', example: 204800 }) size: number;
  @ApiProperty({ type: String, nullable: true, description: 'Hexadecimal, of the bytes as stored and served.' }) sha256: string | null;
  @ApiProperty({ type: Number, nullable: true, example: 1600 }) width: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 1200 }) height: number | null;
  @ApiProperty({ type: Number, nullable: true, example: null }) durationMs: number | null;
  @ApiProperty({ example: '/v1/media/0199f3a1-7b2c-7d10-8a55-4be0a1c2d3e4/content' }) url: string;
  @ApiProperty({ type: String, nullable: true }) thumbnailUrl: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:30:00.000Z' }) createdAt: string;
}

/** Where a client may send the bytes of a direct upload. */
export class UploadView {
  @ApiProperty({ format: 'uuid' }) mediaId: string;
  @ApiProperty({ enum: ['PUT'] }) method: 'PUT';
  @ApiProperty({
    description:
      'A URL of the object store, or a path of this API if the store is a folder. Needs no access token. Valid until `expiresAt`.',
  })
  url: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Send these headers unchanged.',
    example: { 'content-type': 'image/jpeg' },
  })
  headers: Readonly<Record<string, string>>;
  @ApiProperty({ format: 'date-time', example: '2026-03-01T09:45:00.000Z' }) expiresAt: string;
}

const contentPath = (id: string): string => `/v1/media/${id}/content`;

export const mediaViewOf = (media: Media): MediaView => ({
  id: media.id,
  kind: media.kind,
  filename: media.filename,
  contentType: media.contentType,
  size: media.size,
  sha256: media.sha256?.toString('hex') ?? null,
  width: media.width,
  height: media.height,
  durationMs: media.durationMs,
  url: contentPath(media.id),
  thumbnailUrl: media.thumbnailKey === null ? null : `${contentPath(media.id)}?variant=thumbnail`,
  createdAt: media.createdAt.toISOString(),
});

/** SQL: the view of {@link mediaViewOf} for the row `alias` of `media`, as json. */
export const mediaJson = (alias: string): string => `json_build_object(
  'id', ${alias}.id, 'kind', ${alias}.kind, 'filename', ${alias}.filename, 'contentType', ${alias}.content_type, 'size', ${alias}.size,
  'sha256', encode(${alias}.sha256, 'hex'), 'width', ${alias}.width, 'height', ${alias}.height, 'durationMs', ${alias}.duration_ms,
  'url', '/v1/media/' || ${alias}.id || '/content',
  'thumbnailUrl', CASE WHEN ${alias}.thumbnail_key IS NOT NULL THEN '/v1/media/' || ${alias}.id || '/content?variant=thumbnail' END,
  'createdAt', ${timeJson(`${alias}.created_at`)})`;
