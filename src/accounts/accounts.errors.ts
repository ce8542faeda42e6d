import { declareError } from '../common/domain-error.js';

/** 422: an admin puts others to rest, not themselves. */
export class NotYourself extends declareError(422, 'not_oneself', 'An admin may not do this to their own account.') {}
