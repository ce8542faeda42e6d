import { declareError } from '../common/domain-error.js';

/** 404: the room does not exist, or the actor may not learn that it does. */
export class RoomNotFound extends declareError(404, 'room_not_found', 'There is no such room.') {}

/** 404: the user is not a member of the room. */
export class RoomUserNotFound extends declareError(404, 'room_user_not_found', 'The user is not a member of this room.') {}

/** 422: the room has as many members as the server allows. */
export class RoomFull extends declareError(422, 'room_full', 'The room has reached the maximum number of members.') {}

/** 409: a user to be added is a member of the room. */
export class AlreadyMember extends declareError(409, 'already_member', 'The user is already a member of the room.') {}

/** 422: the user is a member of as many rooms as the server allows. */
export class TooManyRooms extends declareError(422, 'too_many_rooms', 'The user has reached the maximum number of rooms.') {}

/** 404: the user is not banned from the room. */
export class BanNotFound extends declareError(404, 'ban_not_found', 'The user is not banned from this room.') {}
