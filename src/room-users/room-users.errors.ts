import { declareError } from '../common/domain-error.js';

/** 409: somebody of those to be added sits in the room already. */
export class AlreadyMember extends declareError(409, 'already_member', 'The person is in the room already.') {}

/** 422: somebody sits in as many rooms as one person may. */
export class TooManyRooms extends declareError(422, 'too_many_rooms', 'The person is in as many rooms as one person may be.') {}

/** 404: nobody lifts a ban that is not there. */
export class BanNotFound extends declareError(404, 'ban_not_found', 'There is no such ban.') {}
