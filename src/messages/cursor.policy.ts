import { ValidationFailed } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { decodeCursor } from '../common/page.js';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

const foreign = (): ValidationFailed => new ValidationFailed([{ path: 'cursor', message: 'is not a cursor of this list' }]);

/** The number that a cursor holds. @throws ValidationFailed */
export function seqIn(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const [seq] = decodeCursor(cursor, 1);
  if (typeof seq !== 'number') throw foreign();
  return seq;
}

/** The time, room and seq that a cursor over several rooms holds. @throws ValidationFailed */
export function placeIn(cursor: string | undefined): [string | null, string | null, number | null] {
  if (cursor === undefined) return [null, null, null];
  const [at, roomId, seq] = decodeCursor(cursor, 3);
  if (typeof at !== 'string' || !TIME.test(at) || Number.isNaN(Date.parse(at)) || !isId(roomId) || typeof seq !== 'number') throw foreign();
  return [at, roomId, seq];
}
