import { declareError } from '../common/domain-error.js';

/** 503: the database cannot be reached, did not answer in time, or cannot write. */
export class DatabaseUnavailable extends declareError(503, 'database_unavailable', 'The database is unavailable; try again.', {
  retryAfter: 1,
}) {}

/** 503: a lock was not released within the lock timeout. */
export class LockTimeout extends declareError(503, 'busy', 'The room is busy; try again.', { retryAfter: 1 }) {}

/** Returns the SQLSTATE of a Postgres error, also of one that TypeORM wraps, the `code` of a Node error, or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  return typeof code === 'string' ? code : errorCode(driverError);
}

export const isDeadlock = (error: unknown): boolean => errorCode(error) === '40P01' || errorCode(error) === '40001';

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);
// Errors of pg without a code: a connection ended during a query, or none was free in time.
const CONNECTION_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|not queryable|Connection ended/i;

export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error);
  if (code && (CONNECTION_CODES.has(code) || code.startsWith('08'))) return true;
  return error instanceof Error && CONNECTION_MESSAGES.test(error.message);
}

/** statement_timeout; a read-only database, as after a failover. */
const UNAVAILABLE_CODES = new Set(['57014', '25006']);

/** Returns the domain error that a database error means for a client; other errors unchanged. */
export function fromDatabaseError(error: unknown): unknown {
  if (isConnectionError(error)) return new DatabaseUnavailable();
  const code = errorCode(error);
  if (code === '55P03') return new LockTimeout();
  if (code && (UNAVAILABLE_CODES.has(code) || code.startsWith('53'))) return new DatabaseUnavailable(); // 53: out of disk, memory or connections
  return error;
}
