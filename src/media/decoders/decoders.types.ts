/** What can be re-encoded, and so freed of whatever else the file holds. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

export const isImageType = (type: string): type is ImageType => (IMAGE_TYPES as readonly string[]).includes(type);

export interface ImageDecodeRequest {
  readonly kind: 'image';
  readonly type: ImageType;
  /** Bytes that follow. */
  readonly size: number;
  /** Of all frames together. */
  readonly maxPixels: number;
  /** The longer side of the thumbnail. */
  readonly thumbnailPixels: number;
}

export interface SoundDecodeRequest {
  readonly kind: 'sound';
  readonly type: string;
  readonly size: number;
}

export type DecodeRequest = ImageDecodeRequest | SoundDecodeRequest;

/** Of an image or a video. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** What is known of audio or video; null where the file does not say. */
export interface SoundFacts {
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** null: nobody can tell. */
  readonly hasVideo: boolean | null;
}

/** The sizes are those of the bytes that follow: the image, then its thumbnail. */
export type ImageAnswer = { readonly ok: true; readonly image: number; readonly thumbnail: number } & Dimensions;
export type SoundAnswer = { readonly ok: true } & SoundFacts;
export type DecodeFailure = { readonly ok: false; readonly why: 'unreadable' | 'too_many_pixels' };

/** Sounds up to here are read whole: some formats tell their length at the end, or by being counted through. */
export const READ_WHOLE = 16 * 1024 * 1024;

export const NOTHING_KNOWN: SoundFacts = { durationMs: null, width: null, height: null, hasVideo: null };
