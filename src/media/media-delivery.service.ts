import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type ByteRange, contentDisposition, ObjectStore } from '../storage/object-store.js';
import { ObjectMissing } from '../storage/storage.errors.js';
import type { Media } from './media.entity.js';
import { RangeNotSatisfiable, ThumbnailMissing } from './media.errors.js';
import { dispositionOf } from './media-type.policy.js';

/** How long a link of the store opens a file that was asked for just now. */
const LINK_SECONDS = 60;
const THUMBNAIL_TYPE = 'image/webp';

interface Delivered {
  readonly key: string;
  readonly etag: string;
  readonly filename: string;
  readonly contentType: string;
}

/** Hands out bytes over HTTP: streamed, or by a link of the store. Judges nobody. */
@Injectable()
export class MediaDelivery {
  constructor(private readonly store: ObjectStore) {}

  /** @throws ThumbnailMissing, RangeNotSatisfiable, ObjectMissing, StorageUnavailable */
  async getMediaContent(media: Media, variant: 'thumbnail' | undefined, request: Request, response: Response): Promise<void> {
    const file = deliveredOf(media, variant);
    response.setHeader('ETag', file.etag);
    response.vary('Authorization');
    if (isKnown(request.headers['if-none-match'], file.etag)) {
      allowKeeping(response).status(304).end();
      return;
    }
    const link = request.method === 'HEAD' ? null : await this.link(file);
    if (link) {
      response.redirect(302, link);
      return;
    }
    await this.stream(file, variant ? await this.sizeOf(file.key) : media.size, request, response);
  }

  private link({ key, filename, contentType }: Delivered): Promise<string | null> {
    return this.store.signedDownload(key, { seconds: LINK_SECONDS, filename, contentType, disposition: dispositionOf(contentType) });
  }

  private async sizeOf(key: string): Promise<number> {
    const head = await this.store.head(key);
    if (!head) throw new ObjectMissing();
    return head.size;
  }

  private async stream(file: Delivered, size: number, request: Request, response: Response): Promise<void> {
    response.setHeader('Accept-Ranges', 'bytes');
    const range = rangeOf(request, file.etag, size);
    if (range === 'outside') {
      response.setHeader('Content-Range', `bytes */${size}`);
      throw new RangeNotSatisfiable();
    }
    const content = request.method === 'HEAD' ? null : await this.store.get(file.key, range);
    describe(response, file);
    response.setHeader('Content-Length', range ? range.end - range.start + 1 : size);
    if (range) response.status(206).setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    if (!content) {
      response.end();
      return;
    }
    try {
      await pipeline(content.stream, response);
    } catch (error) {
      // Who went away needs no answer. A store that broke off has cut the answer short: its length tells.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') response.destroy();
    }
  }
}

function deliveredOf({ objectKey, thumbnailKey, sha256, filename, contentType, id }: Media, variant?: 'thumbnail'): Delivered {
  const word = sha256?.toString('base64url') ?? id;
  if (!variant) return { key: objectKey, etag: `"${word}"`, filename, contentType };
  if (thumbnailKey === null) throw new ThumbnailMissing();
  return { key: thumbnailKey, etag: `"${word}-t"`, filename: `${filename.replace(/\.[^.]*$/, '')}.webp`, contentType: THUMBNAIL_TYPE };
}

/** For this person's own cache, for ever: the bytes of an id never change. */
const allowKeeping = (response: Response): Response => response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');

function describe(response: Response, { filename, contentType }: Delivered): void {
  allowKeeping(response);
  response.setHeader('Content-Type', contentType === 'text/plain' ? 'text/plain; charset=utf-8' : contentType);
  response.setHeader('Content-Disposition', contentDisposition(dispositionOf(contentType), filename));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // Opened by itself it may show itself, and nothing else: no script, no form, no origin.
  response.setHeader('Content-Security-Policy', "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
}

/** Whatever else a client says of caches: `fetch` sends `no-cache` beside a condition. */
const isKnown = (condition = '', etag: string): boolean =>
  condition.split(',').some((word) => [etag, '*'].includes(word.trim().replace(/^W\//, '')));

/** One range, if one is asked for of these very bytes; several, and what nobody understands, get the whole. */
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
