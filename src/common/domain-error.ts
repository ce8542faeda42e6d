import type { RoomPermission } from './permissions.js';

/** The rule that refused, in the body of a 403. */
export type DenialReason =
  | 'not_member'
  | 'role_preset'
  | 'not_granted'
  | 'rank'
  | 'banned'
  | 'silenced'
  | 'slow_mode'
  | 'room_inactive'
  | 'privacy'
  | 'blocked'
  | 'not_author'
  | 'not_sender'
  | 'not_receiver'
  | 'not_admin';

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
 * turn it into the same problem object. `detail` is a sentence for people and holds no input and no internals.
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
 * The base class of an error whose status, code and text never change:
 * `export class RoomFull extends declareError(422, 'room_full', 'The room has reached the maximum number of members.') {}`.
 * What is passed to `new` is added to `extras`.
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

const MOST_ERRORS = 20;
/** UTF-16 units. */
const LONGEST_PATH = 100;

/**
 * 400: the body, query or path does not have the documented form. Names the first 20 faults, paths cut to 100 characters: a field may be
 * named by the client, and an answer is no longer than that.
 */
export class ValidationFailed extends DomainError {
  constructor(errors: readonly FieldError[] = [], detail = 'The request does not have the documented form.') {
    const told = errors.slice(0, MOST_ERRORS).map(({ path, message }) => ({ path: path.slice(0, LONGEST_PATH), message }));
    super(400, 'validation_failed', detail, { errors: told });
  }
}

/** 422: text that Postgres cannot hold (NUL, a lone surrogate). */
export class UnstorableText extends DomainError {
  constructor(path: string) {
    super(422, 'unstorable_text', 'Text may hold neither NUL nor half of a surrogate pair.', {
      errors: [{ path, message: 'cannot be stored' }],
    });
  }
}

/** 403 with the rule that refused. */
export class Forbidden extends DomainError {
  constructor(reason: DenialReason, permission?: RoomPermission, extras: Pick<DomainErrorExtras, 'retryAfter' | 'errors'> = {}) {
    super(403, 'forbidden', DENIALS[reason], { ...extras, reason, ...(permission && { permission }) });
  }
}

const DENIALS: Record<DenialReason, string> = {
  not_member: 'Only members of the room may do this.',
  role_preset: 'Your role in this room does not include the permission.',
  not_granted: 'The permission was taken from you in this room.',
  rank: 'The person has your rank or a higher one.',
  banned: 'The person is banned from the room.',
  silenced: 'You are silenced in this room.',
  slow_mode: 'The room is in slow mode.',
  room_inactive: 'The room is inactive.',
  privacy: 'The person does not accept this from you.',
  blocked: 'You have blocked this person.',
  not_author: 'Only the author may do this.',
  not_sender: 'Only who sent the request may do this.',
  not_receiver: 'Only who received the request may do this.',
  not_admin: 'Only a platform admin may do this.',
};
