import { declareError } from '../common/domain-error.js';

/** 422: the room has as many pinned messages as it may. */
export class TooManyPins extends declareError(422, 'too_many_pins', 'The room has as many pinned messages as it may have.') {}
