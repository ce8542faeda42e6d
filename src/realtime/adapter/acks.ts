import { randomUUID } from 'node:crypto';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { domainErrorOf } from '../../common/problem.filter.js';
import { internalProblem, problemOf, type Problem } from '../../common/problem.js';

export type Ack = (answer: object) => void;

const log = new Logger('Acks');

/** Any error as the one problem object that REST answers too; a defect is logged under the same request id. */
export function problemOfAny(error: unknown, requestId: string): Problem {
  const refusal = domainErrorOf(error);
  if (refusal) return problemOf(refusal, requestId);
  log.error(`${requestId}: ${error instanceof Error ? (error.stack ?? error.message) : 'a value that is no error was thrown'}`);
  return internalProblem(requestId);
}

/** The acknowledgement that came with an event, whatever else came; who sent none is answered nothing. */
export const ackOf = (args: readonly unknown[]): Ack => {
  const last = args.at(-1);
  return typeof last === 'function' ? (last as Ack) : () => undefined;
};

export const accepted = (answer: object): object => ({ ok: true, ...answer });

export const refused = (error: unknown): object => ({ ok: false, error: problemOfAny(error, randomUUID()) });

/** What a handler of a gateway throws, as the answer to its event. Nest by itself would never answer it. */
@Catch()
export class AckFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    ackOf(host.getArgs().filter((argument) => typeof argument === 'function'))(refused(error));
  }
}
