import { declareError } from '../common/domain-error.js';

/** 422: a platform admin may deactivate other accounts only. */
export class NotYourself extends declareError(422, 'not_oneself', 'You cannot deactivate your own account.') {}
