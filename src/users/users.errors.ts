import { declareError } from '../common/domain-error.js';

/** 404: no user has that id. */
export class UserNotFound extends declareError(404, 'user_not_found', 'There is no such user.') {}

/** 409: another user has the username. */
export class UsernameTaken extends declareError(409, 'username_taken', 'The username is taken; choose another.', {
  errors: [{ path: 'username', message: 'is taken' }],
}) {}

/** 401: the session of the token has ended. Thrown by the check of a token, and by a send whose session ended after that check. */
export class SessionInvalid extends declareError(401, 'session_ended', 'The session has ended; log in again.') {}
