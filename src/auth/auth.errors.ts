import { DomainError, declareError } from '../common/domain-error.js';

/** 401: not a token of ours, or not of this kind. */
export class TokenInvalid extends declareError(401, 'token_invalid', 'A valid access token is needed.') {}

/** 401: refresh and try again. */
export class TokenExpired extends declareError(401, 'token_expired', 'The access token has expired; refresh it.') {}

/** 401: one answer for every way to be wrong. */
export class CredentialsInvalid extends declareError(401, 'credentials_invalid', 'Username or password is wrong.') {}

/** 404: the device is not logged in, or not yours. */
export class SessionNotFound extends declareError(404, 'session_not_found', 'There is no such session.') {}

/** 422: among the first that anybody would try. */
export class PasswordCommon extends DomainError {
  constructor(path: string) {
    super(422, 'password_common', 'The password is one of the commonest; choose another.', {
      errors: [{ path, message: 'is too common' }],
    });
  }
}

/** 422: the current password is another. */
export class PasswordWrong extends declareError(422, 'password_wrong', 'The current password is wrong.', {
  errors: [{ path: 'currentPassword', message: 'is wrong' }],
}) {}

/** 422: the name means something of its own. */
export class UsernameReserved extends declareError(422, 'username_reserved', 'The username is reserved.', {
  errors: [{ path: 'username', message: 'is reserved' }],
}) {}

/** 404: this server takes tokens of another service only. */
export class BuiltInAuthOff extends declareError(404, 'built_in_auth_off', 'Accounts and logins are kept by another service.') {}

/** 503: the keys of the other service cannot be had right now. */
export class IdentityUnavailable extends declareError(503, 'identity_unavailable', 'The identity service cannot be reached right now.', {
  retryAfter: 2,
}) {}

/** 503: more passwords are being checked than can be. */
export class TooManyLogins extends declareError(503, 'overloaded', 'Too many people log in right now; try again.', { retryAfter: 1 }) {}
