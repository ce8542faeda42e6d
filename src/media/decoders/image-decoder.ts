import sharp, { type Sharp } from 'sharp';
import type { Dimensions, ImageDecodeRequest, ImageType, DecodeFailure } from './decoders.types.js';

/** The only decoders that sharp may use, whatever the bytes are. */
const READERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`);

/** Encoders with low effort where effort costs seconds. */
const ENCODERS: Record<ImageType, (image: Sharp) => Sharp> = {
  'image/jpeg': (image) => image.jpeg({ quality: 90 }),
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp({ quality: 90 }),
  'image/gif': (image) => image.gif({ effort: 3 }),
  'image/avif': (image) => image.avif({ quality: 65, effort: 0 }),
};
const ANIMATED: readonly ImageType[] = ['image/gif', 'image/webp'];

export interface DecodedImage extends Dimensions {
  readonly image: Buffer;
  readonly thumbnail: Buffer;
}

/** Configures sharp. Call it once, before the first image. */
export function prepareImages(): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: READERS });
}

/**
 * Re-encodes an image with all its frames, rotated to its orientation; without EXIF, colour profile, comments, or bytes appended to the
 * file. Makes a thumbnail of its first frame.
 */
export async function reencodeImage(
  input: Buffer,
  { type, maxPixels, thumbnailPixels }: ImageDecodeRequest,
): Promise<DecodedImage | DecodeFailure> {
  const animated = ANIMATED.includes(type);
  try {
    const metadata = await sharp(input, { limitInputPixels: false, animated }).metadata();
    if (metadata.width * metadata.height > maxPixels) return { ok: false, why: 'too_many_pixels' };
    const options = { limitInputPixels: maxPixels, failOn: 'error' } as const;
    const { data, info } = await ENCODERS[type](sharp(input, { ...options, animated }).autoOrient()).toBuffer({ resolveWithObject: true });
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
