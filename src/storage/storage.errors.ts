import { declareError } from '../common/domain-error.js';

/** 503: the store of objects does not answer, or has no room left. */
export class StorageUnavailable extends declareError(503, 'storage_unavailable', 'The store of files cannot be reached right now.', {
  retryAfter: 2,
}) {}

/** 404: the bytes are not in the store. */
export class ObjectMissing extends declareError(404, 'object_missing', 'There is no such file.') {}

/** 413: more bytes came than were allowed. */
export class ObjectTooLarge extends declareError(413, 'file_too_large', 'The file is too large.') {}
