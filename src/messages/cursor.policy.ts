import { decodeCursor } from '../common/page.js';

/** The number that a cursor holds. @throws ValidationFailed */
export const seqIn = (cursor: string | undefined): number | null => (cursor === undefined ? null : decodeCursor(cursor, ['integer'])[0]);

/** The time, room and seq that a cursor over several rooms holds. @throws ValidationFailed */
export const placeIn = (cursor: string | undefined): [string | null, string | null, number | null] =>
  cursor === undefined ? [null, null, null] : decodeCursor(cursor, ['time', 'id', 'integer']);
