import type { RoomPermission } from './permissions.js';

/** The rules that deny access, with the text of their problem. */
const DENIALS = {
  not_member: 'Only members of the room may do this.',
  role_preset: 'Your role in this room does not include the permission.',
  not_granted: 'The permission was taken from you in this room.',
  rank: 'The user has the same rank as you, or a higher one.',
  banned: 'The user is banned from the room.',
  silenced: 'You are silenced in this room.',
  slow_mode: 'The room is in slow mode; wait before you send again.',
  room_inactive: 'The room is inactive.',
  privacy: 'The privacy settings of the user do not allow this.',
  blocked: 'You have blocked this user.',
  not_author: 'Only the author may do this.',
  not_sender: 'Only the sender of the request may do this.',
  not_receiver: 'Only the receiver of the request may do this.',
  not_admin: 'Only a platform admin may do this.',
};

/** The rule that denied access, in the body of a 403. */
export type DenialReason = keyof typeof DENIALS;

export interface FieldError {
  /** Dotted path into the body, e.g. `userIds.3`. */
  path: string;
  message: string;
}

export interface DomainErrorExtras {
  errors?: FieldError[];
  reason?: DenialReason;
  permission?: RoomPermission;
  /** Seconds until a retry makes sense; also sent as `Retry-After`. */
  retryAfter?: number;
}

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 416 | 422 | 426 | 429 | 500 | 503;

/**
 * An error that a client can act on. Modules declare theirs in `*.errors.ts` with a stable snake_case `code`; the two filters (REST, sockets)
 * turn it into the same problem object. `detail` is a sentence that contains no input and no internals.
 */
export abstract class DomainError extends Error {
  constructor(
    readonly status: ProblemStatus,
    readonly code: string,
    readonly detail: string,
    readonly extras: DomainErrorExtras = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = new.target.name;
  }
}

export interface DomainErrorClass {
  new (extras?: DomainErrorExtras): DomainError;
  readonly status: ProblemStatus;
  readonly code: string;
  readonly detail: string;
}

/**
 * Returns the base class of an error whose status, code and text never change:
 * `export class RoomFull extends declareError(422, 'room_full', 'The room has reached the maximum number of members.') {}`.
 * Extras given to `new` are added to `extras`.
 */
export const declareError = (status: ProblemStatus, code: string, detail: string, extras: DomainErrorExtras = {}): DomainErrorClass =>
  class extends DomainError {
    static readonly status = status;
    static readonly code = code;
    static readonly detail = detail;

    constructor(more: DomainErrorExtras = {}) {
      super(status, code, detail, { ...extras, ...more });
    }
  };

const MAX_ERRORS = 20;
/** UTF-16 units. */
const MAX_PATH = 100;

/**
 * 400: the body, query or path does not have the documented form. Lists the first 20 errors with paths of at most 100 characters: the
 * client may choose field names, and must not choose the size of the answer.
 */
export class ValidationFailed extends DomainError {
  constructor(errors: readonly FieldError[] = [], detail = 'The request does not have the documented form.') {
    const shown = errors.slice(0, MAX_ERRORS).map(({ path, message }) => ({ path: path.slice(0, MAX_PATH), message }));
    super(400, 'validation_failed', detail, { errors: shown });
  }
}

/** 422: text that Postgres cannot store. */
export class UnstorableText extends DomainError {
  constructor(path: string) {
    super(422, 'unstorable_text', 'Text must not contain NUL or a lone surrogate.', {
      errors: [{ path, message: 'cannot be stored' }],
    });
  }
}

/** 403, with the rule that denied access. */
export class Forbidden extends DomainError {
  constructor(reason: DenialReason, permission?: RoomPermission, extras: Pick<DomainErrorExtras, 'retryAfter' | 'errors'> = {}) {
    super(403, 'forbidden', DENIALS[reason], { ...extras, reason, ...(permission && { permission }) });
  }
}
