import { declareError } from '../common/domain-error.js';

/** 422: the room has reached the maximum number of pinned messages. */
export class TooManyPins extends declareError(422, 'too_many_pins', 'The room has reached the maximum number of pinned messages.') {}
