import { declareError } from '../common/domain-error.js';

/** 404: no such invite, or it is expired, revoked or used up, or its creator has lost the permission to invite. */
export class InviteNotFound extends declareError(
  404,
  'invite_not_found',
  'There is no such invite, or it is no longer usable; ask for a new one.',
) {}

/** 422: the room's limit of usable invites. */
export class TooManyInvites extends declareError(
  422,
  'too_many_invites',
  'The room has reached the maximum number of invites; revoke one first.',
) {}
