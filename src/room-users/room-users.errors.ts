import { declareError } from '../common/domain-error.js';

/** 409: a user to be added is a member of the room. */
export class AlreadyMember extends declareError(409, 'already_member', 'The user is already a member of the room.') {}

/** 422: the user is a member of as many rooms as the server allows. */
export class TooManyRooms extends declareError(422, 'too_many_rooms', 'The user has reached the maximum number of rooms.') {}

/** 404: the user is not banned from the room. */
export class BanNotFound extends declareError(404, 'ban_not_found', 'The user is not banned from this room.') {}
