import { DomainError } from './domain-error.js';

// Postgres knows no year 0, and RFC 3339 writes none of five digits.
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a time, in milliseconds since 1970, is of the years 1 to 9999 in UTC: we can store it and say it. NaN is not. */
export const isStorableTime = (ms: number): boolean => ms >= FIRST_MS && ms <= LAST_MS;

/** Whether the text is a time as our answers write it: in UTC, with milliseconds, on a day that there is. */
export const isAnsweredTime = (text: string): boolean => isStorableTime(Date.parse(text)) && new Date(text).toISOString() === text;

/** 422: a time that has passed already. */
export class TimeIsPast extends DomainError {
  constructor(path: string) {
    super(422, 'time_is_past', 'The time has passed already.', { errors: [{ path, message: 'must be in the future' }] });
  }
}

/** Parses a time of a request; null stays null. @throws TimeIsPast */
export function requireFuture(path: string, time: string | null): Date | null {
  const at = time === null ? null : new Date(time);
  if (at && at.getTime() <= Date.now()) throw new TimeIsPast(path);
  return at;
}
