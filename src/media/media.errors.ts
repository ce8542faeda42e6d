import { declareError } from '../common/domain-error.js';

/** 422: an avatar is a ready image of one's own. */
export class AvatarNotUsable extends declareError(
  422,
  'media_not_usable',
  'An avatar is an image of your own that was uploaded in full.',
) {}

/** 404: not there, or not for you to know of. */
export class MediaNotFound extends declareError(404, 'media_not_found', 'There is no such file.') {}

/** 404: what has no picture of itself has no thumbnail. */
export class ThumbnailMissing extends declareError(404, 'thumbnail_missing', 'The file has no thumbnail.') {}

/** 409: something refers to it. */
export class MediaInUse extends declareError(409, 'media_in_use', 'The file stands in a message, or is an avatar.') {}

/** 416: nothing of the file lies in the range. */
export class RangeNotSatisfiable extends declareError(416, 'range_not_satisfiable', 'The range lies outside the file.') {}

/** 422: all files of one person together would be too much. */
export class QuotaExceeded extends declareError(422, 'quota_exceeded', 'Your files together would take more space than you have.') {}

/** 422: what says it is an image cannot be read as one. */
export class ImageUnreadable extends declareError(422, 'image_unreadable', 'The image is damaged, or takes too long to be read.') {}

/** 422: a small file may unfold into a picture that fills the memory. */
export class TooManyPixels extends declareError(422, 'too_many_pixels', 'The image has more pixels than are accepted.') {}
