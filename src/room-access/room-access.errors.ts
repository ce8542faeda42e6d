import { declareError } from '../common/domain-error.js';

/** 404: there is no such room, or the asking person may not know that there is. */
export class RoomNotFound extends declareError(404, 'room_not_found', 'There is no such room.') {}

/** 404: there is no such person in the room. */
export class RoomUserNotFound extends declareError(404, 'room_user_not_found', 'There is no such person in the room.') {}

/** 422: the room holds as many people as it may. */
export class RoomFull extends declareError(422, 'room_full', 'The room is full.') {}
