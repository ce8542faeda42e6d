import { declareError } from '../../common/domain-error.js';

/** 503: as many uploads as this process takes at a time. */
export class TooManyUploads extends declareError(503, 'overloaded', 'Too many uploads at the same time; try again.', { retryAfter: 2 }) {}

/** 415: the bytes are of a type that is not accepted, whatever the name says. */
export class MediaTypeRefused extends declareError(415, 'media_type_refused', 'Files of this type are not accepted.') {}

/** 415: the route takes a form. */
export class MultipartRequired extends declareError(
  415,
  'unsupported_media_type',
  'An upload is multipart/form-data with one part called file.',
) {}

/** 400: the form ended early, or is none. */
export class MalformedForm extends declareError(400, 'malformed_request', 'The form could not be read to its end.') {}

/** 400: the client stopped sending. */
export class UploadBrokenOff extends declareError(400, 'upload_broken_off', 'The upload ended before its last byte.') {}

/** 404: no upload waits under that id, for you, or by that link. */
export class UploadNotFound extends declareError(404, 'upload_not_found', 'There is no such upload.') {}

/** 409: its time is over. */
export class UploadExpired extends declareError(409, 'upload_expired', 'The upload was not completed in time; begin another.') {}

/** 409: nothing has been put there yet. */
export class UploadMissing extends declareError(409, 'upload_missing', 'The file has not been uploaded yet.') {}

/** 422: other bytes than were announced. */
export class UploadMismatch extends declareError(422, 'upload_mismatch', 'The size, type or checksum is not what was announced.') {}
