import { declareError } from '../common/domain-error.js';

/** 404: nobody lives here under that id. */
export class UserNotFound extends declareError(404, 'user_not_found', 'There is no such user.') {}

/** 409: somebody else has the username. */
export class UsernameTaken extends declareError(409, 'username_taken', 'The username is taken.', {
  errors: [{ path: 'username', message: 'is taken' }],
}) {}
