import { declareError } from '../common/domain-error.js';

/** 503: the object store does not answer, or is full. */
export class StorageUnavailable extends declareError(503, 'storage_unavailable', 'The file storage is unavailable; try again.', {
  retryAfter: 2,
}) {}

/** 404: the object is not in the store. */
export class ObjectMissing extends declareError(404, 'object_missing', 'There is no such file.') {}

/** 413: the body has more bytes than allowed. */
export class ObjectTooLarge extends declareError(413, 'file_too_large', 'The file exceeds the maximum size.') {}
