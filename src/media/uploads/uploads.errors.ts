import { declareError } from '../../common/domain-error.js';

/** 503: the process has reached the maximum number of uploads at once. */
export class TooManyUploads extends declareError(
  503,
  'overloaded',
  'The server has reached the maximum number of simultaneous uploads; try again.',
  { retryAfter: 2 },
) {}

/** 415: the type, detected from the bytes, is not allowed, whatever the file name suggests. */
export class MediaTypeRefused extends declareError(415, 'media_type_refused', 'Files of this type are not allowed.') {}

/** 415: the route expects a form. */
export class MultipartRequired extends declareError(
  415,
  'unsupported_media_type',
  'Send the file as multipart/form-data with one part named file.',
) {}

/** 400: the form is malformed or incomplete. */
export class MalformedForm extends declareError(400, 'malformed_request', 'The form is malformed or incomplete; send it again.') {}

/** 400: the client stopped sending. */
export class UploadBrokenOff extends declareError(400, 'upload_broken_off', 'The upload ended before its last byte; send it again.') {}

/** 404: no pending direct upload of the caller with that id, or for that link. */
export class UploadNotFound extends declareError(404, 'upload_not_found', 'There is no such upload.') {}

/** 409: the direct upload has expired. */
export class UploadExpired extends declareError(409, 'upload_expired', 'The upload was not completed in time; start another one.') {}

/** 409: no bytes were sent yet. */
export class UploadMissing extends declareError(
  409,
  'upload_missing',
  'The bytes of the upload are missing; send them to its url first.',
) {}

/** 422: the bytes differ from those that were announced. */
export class UploadMismatch extends declareError(
  422,
  'upload_mismatch',
  'The size, type or checksum differs from the announced one; start another upload.',
) {}
