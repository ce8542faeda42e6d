import { DomainError } from './domain-error.js';

// Postgres has no year 0, and RFC 3339 no year of five digits.
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a time, in milliseconds since 1970, lies in the years 1 to 9999 of UTC. False for NaN. */
export const isStorableTime = (ms: number): boolean => ms >= FIRST_MS && ms <= LAST_MS;

/** Whether the text is a time in the form of our answers: UTC, with milliseconds, on a day that exists. */
export const isAnsweredTime = (text: string): boolean => isStorableTime(Date.parse(text)) && new Date(text).toISOString() === text;

/** 422: the time is not in the future. */
export class TimeIsPast extends DomainError {
  constructor(path: string) {
    super(422, 'time_is_past', 'The time has passed; give a time in the future.', { errors: [{ path, message: 'must be in the future' }] });
  }
}

/** Parses a time of a request; null stays null. @throws TimeIsPast */
export function requireFuture(path: string, time: string | null): Date | null {
  const at = time === null ? null : new Date(time);
  if (at && at.getTime() <= Date.now()) throw new TimeIsPast(path);
  return at;
}
