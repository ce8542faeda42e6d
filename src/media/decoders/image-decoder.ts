import sharp, { type Sharp } from 'sharp';
import type { Dimensions, ImageDecodeRequest, ImageType, DecodeFailure } from './decoders.types.js';

/** Nothing but these is ever decoded, whatever the bytes say. */
const READERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`);

/** How an image is written anew. Small losses are better than seconds: the effort is low where it costs most. */
const WRITERS: Record<ImageType, (image: Sharp) => Sharp> = {
  'image/jpeg': (image) => image.jpeg({ quality: 90 }),
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp({ quality: 90 }),
  'image/gif': (image) => image.gif({ effort: 3 }),
  'image/avif': (image) => image.avif({ quality: 65, effort: 0 }),
};
const MOVING: readonly ImageType[] = ['image/gif', 'image/webp'];

export interface DecodedImage extends Dimensions {
  readonly image: Buffer;
  readonly thumbnail: Buffer;
}

/** Once, before the first image. */
export function prepareImages(): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: READERS });
}

/**
 * The picture and nothing else: turned as its orientation says, all frames kept, without EXIF, colour profile, comments or what was
 * hidden behind its end.
 */
export async function decodeImage(
  input: Buffer,
  { type, maxPixels, thumbnailPixels }: ImageDecodeRequest,
): Promise<DecodedImage | DecodeFailure> {
  const animated = MOVING.includes(type);
  try {
    const seen = await sharp(input, { limitInputPixels: false, animated }).metadata();
    if (seen.width * seen.height > maxPixels) return { ok: false, why: 'too_many_pixels' };
    const options = { limitInputPixels: maxPixels, failOn: 'error' } as const;
    const { data, info } = await WRITERS[type](sharp(input, { ...options, animated }).autoOrient()).toBuffer({ resolveWithObject: true });
    const thumbnail = await sharp(input, options)
      .autoOrient()
      .resize(thumbnailPixels, thumbnailPixels, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer();
    return { width: info.width, height: info.pageHeight ?? info.height, image: data, thumbnail };
  } catch {
    return { ok: false, why: 'unreadable' };
  }
}
