import { declareError } from '../common/domain-error.js';

/** 404: there is no such invite, or it can be used no more: expired, revoked, used up, or its maker may invite no more. */
export class InviteNotFound extends declareError(404, 'invite_not_found', 'There is no such invite, or it can be used no more.') {}

/** 422: the room has as many living invites as it may. */
export class TooManyInvites extends declareError(422, 'too_many_invites', 'The room has as many invites as it may; revoke one.') {}
