import { STATUS_CODES } from 'node:http';
import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ProblemStatus } from './domain-error.js';
import { Problem } from './problem.js';

/** Documents a page: `{ items: Model[], nextCursor }`. */
export const ApiPage = (model: Type): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(model),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['items', 'nextCursor'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(model) } },
          nextCursor: { type: 'string', nullable: true, description: 'Page cursor, opaque; null on the last page.' },
        },
      },
    }),
  );

type Codes = Partial<Record<ProblemStatus, string | readonly string[]>>;

/** Problem codes of every route. A route that lists a status replaces its codes; `[]` removes the status. */
const EVERYWHERE: Codes = {
  400: 'validation_failed',
  401: ['token_invalid', 'token_expired', 'session_ended'],
  429: 'rate_limited',
  503: 'database_unavailable',
};

/** Further codes of every route with a body, which is checked before the route runs. */
export const BODY_PROBLEMS = {
  400: 'malformed_request',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
} as const satisfies Codes;

/**
 * Documents the problems of a route, by status and code: `@ApiProblems({ 404: 'user_not_found' })`. A public route passes `401: []`.
 */
export function ApiProblems(codes: Codes = {}): MethodDecorator & ClassDecorator {
  const all = Object.entries({ ...EVERYWHERE, ...codes }).map(([status, list]) => [Number(status), [list].flat()] as const);
  return applyDecorators(
    ApiExtraModels(Problem),
    ...all.filter(([, list]) => list.length > 0).map(([status, list]) => ApiResponse({ status, ...problemResponse(status, list) })),
  );
}

interface ProblemResponse {
  description: string;
  content: Record<string, { schema: { $ref: string }; examples: Record<string, { $ref: string }> }>;
}

/** Returns the OpenAPI response for these codes, with one named example for each. */
export const problemResponse = (status: number, codes: readonly string[]): ProblemResponse => ({
  description: `${STATUS_CODES[status] ?? 'Error'}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
  content: {
    'application/problem+json': {
      schema: { $ref: getSchemaPath(Problem) },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

/** Returns the example of a code; a document holds it once, and every route refers to it. */
export const problemExample = (status: number, code: string): Partial<Problem> => ({
  type: `urn:parley:problem:${code}`,
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: 'A sentence that explains the problem.',
  code,
  requestId: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11',
});
