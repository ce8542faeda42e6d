import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError, type ProblemStatus } from './domain-error.js';
import { internalProblem, problemOf, type Problem } from './problem.js';

class FrameworkRefusal extends DomainError {}

/** Codes of what Express and Nest refuse before our code is reached. */
const FRAMEWORK: Partial<Record<number, [ProblemStatus, string, string]>> = {
  400: [400, 'malformed_request', 'The request could not be read.'],
  401: [401, 'token_invalid', 'A valid access token is needed.'],
  403: [403, 'forbidden', 'This is not allowed.'],
  404: [404, 'route_not_found', 'There is no such route.'],
  405: [405, 'method_not_allowed', 'The route has no such method.'],
  413: [413, 'payload_too_large', 'The body is too large.'],
  415: [415, 'unsupported_media_type', 'The media type of the body is not supported.'],
  416: [416, 'range_not_satisfiable', 'The range lies outside the file.'],
  429: [429, 'rate_limited', 'Too many requests.'],
  503: [503, 'unavailable', 'The service is not available right now.'],
};

/** What Express middleware (body-parser, multer) throws carries a `status` or a `statusCode`. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return typeof status === 'number' ? status : typeof statusCode === 'number' ? statusCode : undefined;
};

/** Any error as the refusal it is; undefined when it is a defect. */
export function domainErrorOf(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const known = FRAMEWORK[statusOf(error) ?? 500];
  return known && new FrameworkRefusal(...known);
}

/** Every REST error as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request & { id?: unknown }>();
    const response = host.switchToHttp().getResponse<Response>();
    const requestId = typeof request.id === 'string' ? request.id : null;
    const refusal = domainErrorOf(error);
    if (!refusal) this.log.error(error instanceof Error ? (error.stack ?? error.message) : 'a value that is no error was thrown');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    answer(response, refusal ? problemOf(refusal, requestId) : internalProblem(requestId));
  }
}

function answer(response: Response, problem: Problem): void {
  if (problem.retryAfter !== undefined) response.setHeader('Retry-After', Math.ceil(problem.retryAfter));
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
