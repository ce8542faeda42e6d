import { declareError } from '../common/domain-error.js';

/** 422: an avatar is an image that its user uploaded, ready and not marked for deletion. */
export class AvatarNotUsable extends declareError(
  422,
  'media_not_usable',
  'The file cannot be an avatar; use an image that you uploaded and whose status is ready.',
) {}

/** 404: no such file, or not readable for the caller. */
export class MediaNotFound extends declareError(404, 'media_not_found', 'There is no such file.') {}

/** 404: only images have thumbnails. */
export class ThumbnailMissing extends declareError(404, 'thumbnail_missing', 'The file has no thumbnail.') {}

/** 409: a message, a user or a room refers to the file. */
export class MediaInUse extends declareError(409, 'media_in_use', 'The file is attached to a message or used as an avatar.') {}

/** 416: the range begins after the end of the file. */
export class RangeNotSatisfiable extends declareError(416, 'range_not_satisfiable', 'The range is outside the file.') {}

/** 422: the limit is the setting MEDIA_QUOTA_BYTES. */
export class QuotaExceeded extends declareError(
  422,
  'quota_exceeded',
  'Your files would exceed your storage quota; delete unused files first.',
) {}

/** 422: the bytes begin as an image, but cannot be decoded as one. */
export class ImageUnreadable extends declareError(
  422,
  'image_unreadable',
  'The image is damaged or takes too long to decode; send another image.',
) {}

/** 422: a small file may decode into an image that fills the memory. */
export class TooManyPixels extends declareError(
  422,
  'too_many_pixels',
  'The image exceeds the maximum number of pixels; send a smaller one.',
) {}
