/** Image types that are re-encoded, which removes everything else that the file contains. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

export const isImageType = (type: string): type is ImageType => (IMAGE_TYPES as readonly string[]).includes(type);

export interface ImageDecodeRequest {
  readonly kind: 'image';
  readonly type: ImageType;
  /** Length of the file that follows, in bytes. */
  readonly size: number;
  /** Limit for all frames together. */
  readonly maxPixels: number;
  /** Longer side of the thumbnail. */
  readonly thumbnailPixels: number;
}

export interface SoundDecodeRequest {
  readonly kind: 'sound';
  readonly type: string;
  readonly size: number;
}

export type DecodeRequest = ImageDecodeRequest | SoundDecodeRequest;

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** Metadata of audio or video; null where the file does not contain it. */
export interface SoundFacts {
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** null: unknown. */
  readonly hasVideo: boolean | null;
}

export type DecodeFailure = { readonly ok: false; readonly why: 'unreadable' | 'too_many_pixels' };

/** Audio and video up to this size are read whole: some formats have their duration at the end, or only in the number of frames. */
export const READ_WHOLE_BYTES = 16 * 1024 * 1024;

export const UNKNOWN_SOUND: SoundFacts = { durationMs: null, width: null, height: null, hasVideo: null };
