import { DomainError, declareError } from '../common/domain-error.js';

/** 401: not a token of this server, or of another type. */
export class TokenInvalid extends declareError(401, 'token_invalid', 'The token is missing or invalid; log in.') {}

/** 401: refresh the token and repeat the request. */
export class TokenExpired extends declareError(401, 'token_expired', 'The access token has expired; refresh it.') {}

/** 401: the same for an unknown user and for a wrong password. */
export class CredentialsInvalid extends declareError(401, 'credentials_invalid', 'The username or the password is wrong.') {}

/** 404: the session does not exist, has ended, or is another user's. */
export class SessionNotFound extends declareError(404, 'session_not_found', 'There is no such session.') {}

/** 422: the password is on the list of common passwords. */
export class PasswordCommon extends DomainError {
  constructor(path: string) {
    super(422, 'password_common', 'The password is too common; choose another.', { errors: [{ path, message: 'is too common' }] });
  }
}

/** 422: the current password is another. */
export class PasswordWrong extends declareError(422, 'password_wrong', 'The current password is wrong.', {
  errors: [{ path: 'currentPassword', message: 'is wrong' }],
}) {}

/** 422: the username has a meaning of its own. */
export class UsernameReserved extends declareError(422, 'username_reserved', 'The username is reserved; choose another.', {
  errors: [{ path: 'username', message: 'is reserved' }],
}) {}

/** 404: this server accepts the tokens of another service only. */
export class BuiltInAuthOff extends declareError(
  404,
  'built_in_auth_off',
  'This server has no accounts of its own; log in at the identity service.',
) {}

/** 503: the keys of the other service cannot be fetched. */
export class IdentityUnavailable extends declareError(503, 'identity_unavailable', 'The identity service cannot be reached; try again.', {
  retryAfter: 2,
}) {}

/** 503: the queue of password checks is full. */
export class TooManyLogins extends declareError(503, 'overloaded', 'Too many logins are waiting; try again.', { retryAfter: 1 }) {}
