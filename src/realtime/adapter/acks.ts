import { randomUUID } from 'node:crypto';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { domainErrorOf } from '../../common/problem.filter.js';
import { internalProblem, problemOf, type Problem } from '../../common/problem.js';

export type Ack = (answer: object) => void;

const log = new Logger('Acks');

/** Returns any error as the problem object that HTTP answers, too. Logs an unexpected error under the same request id. */
export function problemOfAny(error: unknown, requestId: string): Problem {
  const domainError = domainErrorOf(error);
  if (domainError) return problemOf(domainError, requestId);
  log.error(`${requestId}: ${error instanceof Error ? (error.stack ?? error.message) : 'a value was thrown that is not an Error'}`);
  return internalProblem(requestId);
}

/** Returns the ack callback among the arguments of an event; without one, a function that does nothing. */
export const ackOf = (args: readonly unknown[]): Ack => {
  const last = args.at(-1);
  return typeof last === 'function' ? (last as Ack) : () => undefined;
};

export const accepted = (answer: object): object => ({ ok: true, ...answer });

export const refused = (error: unknown): object => ({ ok: false, error: problemOfAny(error, randomUUID()) });

/** Acks an event with the error that its handler threw. Nest itself would never ack it. */
@Catch()
export class AckFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    ackOf(host.getArgs().filter((argument) => typeof argument === 'function'))(refused(error));
  }
}
