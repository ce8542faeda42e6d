import { declareError } from '../common/domain-error.js';

/** 404: the user is not banned from the room. */
export class BanNotFound extends declareError(404, 'ban_not_found', 'The user is not banned from this room.') {}
