import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import type { ProblemStatus } from './domain-error.js';
import { Problem } from './problem.js';

/** Documents a list answer: `{ items: Model[], nextCursor }`. */
export const ApiPage = (model: Type): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(model),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['items', 'nextCursor'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(model) } },
          nextCursor: { type: 'string', nullable: true, description: 'Opaque; null on the last page.' },
        },
      },
    }),
  );

type Codes = Partial<Record<ProblemStatus, string | readonly string[]>>;

/** What every route may answer; a route that says another list for a status replaces it, and `[]` takes it away. */
const EVERYWHERE: Codes = {
  400: 'validation_failed',
  401: ['token_invalid', 'token_expired', 'session_ended'],
  429: 'rate_limited',
  503: 'database_unavailable',
};

/** What every route with a body may answer besides: it is refused before the route is reached. */
export const BODY_PROBLEMS = {
  400: 'malformed_request',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
} as const satisfies Codes;

/**
 * Documents the refusals of a route, status by status, each with its codes: `@ApiProblems({ 404: 'user_not_found' })`. An open route says
 * `401: []`.
 */
export function ApiProblems(codes: Codes = {}): MethodDecorator & ClassDecorator {
  const all = Object.entries({ ...EVERYWHERE, ...codes }).map(([status, words]) => [Number(status), [words].flat()] as const);
  return applyDecorators(
    ApiExtraModels(Problem),
    ...all.filter(([, words]) => words.length > 0).map(([status, words]) => ApiResponse({ status, ...problemResponse(status, words) })),
  );
}

interface ProblemResponse {
  description: string;
  content: Record<string, { schema: { $ref: string }; examples: Record<string, { $ref: string }> }>;
}

/** A refusal as a response of OpenAPI: its codes stand in the description and are the names of the examples. */
export const problemResponse = (status: number, codes: readonly string[]): ProblemResponse => ({
  description: `${STATUS_CODES[status] ?? 'Error'}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
  content: {
    'application/problem+json': {
      schema: { $ref: getSchemaPath(Problem) },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

/** What a problem of this code looks like; it stands once in a document, under its code, however many routes answer it. */
export const problemExample = (status: number, code: string): Partial<Problem> => ({
  type: `urn:parley:problem:${code}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: 'A sentence for people.',
  code,
  requestId: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11',
});
