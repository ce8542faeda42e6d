import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type ByteRange, contentDisposition, ObjectStore } from '../storage/object-store.js';
import { ObjectMissing } from '../storage/storage.errors.js';
import type { Media } from './media.entity.js';
import { RangeNotSatisfiable, ThumbnailMissing } from './media.errors.js';
import { dispositionOf } from './media-type.policy.js';

/** How long the URL of a redirect to the object store is valid. */
const URL_SECONDS = 60;
const THUMBNAIL_TYPE = 'image/webp';

interface DeliveredFile {
  readonly key: string;
  readonly etag: string;
  readonly filename: string;
  readonly contentType: string;
}

/** Sends the bytes of a file: streamed, or by a redirect to the object store. The caller has checked access. */
@Injectable()
export class MediaDelivery {
  constructor(private readonly store: ObjectStore) {}

  /** @throws ThumbnailMissing, RangeNotSatisfiable, ObjectMissing, StorageUnavailable */
  async getMediaContent(media: Media, variant: 'thumbnail' | undefined, request: Request, response: Response): Promise<void> {
    const file = deliveredOf(media, variant);
    response.setHeader('ETag', file.etag);
    response.vary('Authorization');
    if (matchesEtag(request.headers['if-none-match'], file.etag)) {
      allowCaching(response).status(304).end();
      return;
    }
    const url = request.method === 'HEAD' ? null : await this.signedUrl(file);
    if (url) {
      response.redirect(302, url);
      return;
    }
    await this.stream(file, variant ? await this.sizeOf(file.key) : media.size, request, response);
  }

  private signedUrl({ key, filename, contentType }: DeliveredFile): Promise<string | null> {
    return this.store.signedDownload(key, { seconds: URL_SECONDS, filename, contentType, disposition: dispositionOf(contentType) });
  }

  private async sizeOf(key: string): Promise<number> {
    const head = await this.store.head(key);
    if (!head) throw new ObjectMissing();
    return head.size;
  }

  private async stream(file: DeliveredFile, size: number, request: Request, response: Response): Promise<void> {
    response.setHeader('Accept-Ranges', 'bytes');
    const range = rangeOf(request, file.etag, size);
    if (range === 'outside') {
      response.setHeader('Content-Range', `bytes */${size}`);
      throw new RangeNotSatisfiable();
    }
    const content = request.method === 'HEAD' ? null : await this.store.get(file.key, range);
    setFileHeaders(response, file);
    response.setHeader('Content-Length', range ? range.end - range.start + 1 : size);
    if (range) response.status(206).setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    if (!content) {
      response.end();
      return;
    }
    try {
      await pipeline(content.stream, response);
    } catch (error) {
      // A client that disconnected needs no answer. When the store fails, the client sees that the answer is shorter than its Content-Length.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') response.destroy();
    }
  }
}

function deliveredOf({ objectKey, thumbnailKey, sha256, filename, contentType, id }: Media, variant?: 'thumbnail'): DeliveredFile {
  const tag = sha256?.toString('base64url') ?? id;
  if (!variant) return { key: objectKey, etag: `"${tag}"`, filename, contentType };
  if (thumbnailKey === null) throw new ThumbnailMissing();
  return { key: thumbnailKey, etag: `"${tag}-t"`, filename: `${filename.replace(/\.[^.]*$/, '')}.webp`, contentType: THUMBNAIL_TYPE };
}

/** In the user's own cache, without a limit: the bytes of an id never change. */
const allowCaching = (response: Response): Response => response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');

function setFileHeaders(response: Response, { filename, contentType }: DeliveredFile): void {
  allowCaching(response);
  response.setHeader('Content-Type', contentType === 'text/plain' ? 'text/plain; charset=utf-8' : contentType);
  response.setHeader('Content-Disposition', contentDisposition(dispositionOf(contentType), filename));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // Opened as a page, the file may show itself and nothing else: no script, no form, no origin.
  response.setHeader('Content-Security-Policy', "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
}

/** Ignores `Cache-Control`, unlike `request.fresh`: `fetch` sends `no-cache` beside a condition. */
const matchesEtag = (condition = '', etag: string): boolean =>
  condition.split(',').some((tag) => [etag, '*'].includes(tag.trim().replace(/^W\//, '')));

/** Returns the one range that was requested of these bytes. Several ranges, or a malformed header, get the whole file. */
function rangeOf(request: Request, etag: string, size: number): ByteRange | 'outside' | undefined {
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  // A suffix longer than the file means all of it (RFC 9110 §14.1.2); the parser would refuse it.
  const suffix = Number(/^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (size > 0 && suffix > size) return { start: 0, end: size - 1 };
  const ranges = request.range(size);
  if (ranges === -1) return 'outside';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}
