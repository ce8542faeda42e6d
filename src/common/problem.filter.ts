import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError, type ProblemStatus } from './domain-error.js';
import { stackOf } from './thrown.js';
import { internalProblem, problemOf, type Problem } from './problem.js';

class FrameworkError extends DomainError {}

/** Errors of Express and Nest, before our code runs. */
const FRAMEWORK_ERRORS: Partial<Record<number, [ProblemStatus, string, string]>> = {
  400: [400, 'malformed_request', 'The request could not be read.'],
  401: [401, 'token_invalid', 'The access token is missing or invalid; log in.'],
  403: [403, 'forbidden', 'You are not allowed to do this.'],
  404: [404, 'route_not_found', 'There is no such route.'],
  405: [405, 'method_not_allowed', 'The route has no such method.'],
  413: [413, 'payload_too_large', 'The body is too large.'],
  415: [415, 'unsupported_media_type', 'The media type of the body is not supported.'],
  416: [416, 'range_not_satisfiable', 'The range is outside the file.'],
  429: [429, 'rate_limited', 'Too many requests; wait before the next one.'],
  503: [503, 'unavailable', 'The service is unavailable; try again.'],
};

/** Errors of Express middleware (body-parser, multer) have a `status` or a `statusCode`. */
const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return typeof status === 'number' ? status : typeof statusCode === 'number' ? statusCode : undefined;
};

/** Returns the domain error for a caught value, or undefined for a defect. */
export function domainErrorOf(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const known = FRAMEWORK_ERRORS[statusOf(error) ?? 500];
  return known && new FrameworkError(...known);
}

/** Answers every REST error as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request & { id?: unknown }>();
    const response = host.switchToHttp().getResponse<Response>();
    const requestId = typeof request.id === 'string' ? request.id : null;
    const known = domainErrorOf(error);
    if (!known) this.log.error(error instanceof Error ? stackOf(error) : 'a value that is not an Error was thrown');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendProblem(response, known ? problemOf(known, requestId) : internalProblem(requestId));
  }
}

function sendProblem(response: Response, problem: Problem): void {
  if (problem.retryAfter !== undefined) response.setHeader('Retry-After', Math.ceil(problem.retryAfter));
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
