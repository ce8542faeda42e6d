import { STATUS_CODES } from 'node:http';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DomainError, type DenialReason, type FieldError } from './domain-error.js';
import { ROOM_PERMISSIONS, type RoomPermission } from './permissions.js';

class ProblemField implements FieldError {
  @ApiProperty({ example: 'userIds.3' }) path: string;
  @ApiProperty({ example: 'must be a UUID' }) message: string;
}

/** The one answer of every refusal, over REST (`application/problem+json`) and in the acks of sockets. @see RFC 9457 */
export class Problem {
  @ApiProperty({ example: 'urn:parley:problem:room_not_found' }) type: string;
  @ApiProperty({ example: 'Not Found' }) title: string;
  @ApiProperty({ example: 404 }) status: number;
  @ApiProperty({ example: 'There is no such room.' }) detail: string;
  @ApiProperty({ description: 'Stable, snake_case.', example: 'room_not_found' }) code: string;
  @ApiProperty({ type: String, nullable: true }) requestId: string | null;
  @ApiPropertyOptional({ description: 'For a 403: the rule that refused.', example: 'not_granted' }) reason?: DenialReason;
  @ApiPropertyOptional({ description: 'For a 403: the permission that is missing.', enum: ROOM_PERMISSIONS }) permission?: RoomPermission;
  @ApiPropertyOptional({ description: 'Seconds; also in `Retry-After`.' }) retryAfter?: number;
  @ApiPropertyOptional({ type: [ProblemField], description: 'For a bad body: where and why.' }) errors?: FieldError[];
}

export function problemOf(error: DomainError, requestId: string | null): Problem {
  const { status, code, detail, extras } = error;
  return { type: `urn:parley:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, detail, code, requestId, ...extras };
}

/** A defect: says nothing of what happened inside. The log has the rest, under the same request id. */
export function internalProblem(requestId: string | null): Problem {
  const detail = 'Something broke on our side; it has been logged under this request id.';
  return { type: 'urn:parley:problem:internal', title: 'Internal Server Error', status: 500, detail, code: 'internal', requestId };
}
