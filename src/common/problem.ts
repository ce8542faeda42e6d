import { STATUS_CODES } from 'node:http';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DomainError, type DenialReason, type FieldError } from './domain-error.js';
import { ROOM_PERMISSIONS, type RoomPermission } from './permissions.js';

class ProblemField implements FieldError {
  @ApiProperty({ example: 'userIds.3' }) path: string;
  @ApiProperty({ example: 'must be a UUID' }) message: string;
}

/** The answer for every error, over REST (`application/problem+json`) and in socket acks. @see RFC 9457 */
export class Problem {
  @ApiProperty({ example: 'urn:parley:problem:room_not_found' }) type: string;
  @ApiProperty({ example: 'Not Found' }) title: string;
  @ApiProperty({ example: 404 }) status: number;
  @ApiProperty({ example: 'There is no such room.' }) detail: string;
  @ApiProperty({ description: 'Stable snake_case code of the error.', example: 'room_not_found' }) code: string;
  @ApiProperty({ type: String, nullable: true }) requestId: string | null;
  @ApiPropertyOptional({ description: 'For a 403: the rule that denied access.', example: 'not_granted' }) reason?: DenialReason;
  @ApiPropertyOptional({ description: 'For a 403: the permission that is missing.', enum: ROOM_PERMISSIONS }) permission?: RoomPermission;
  @ApiPropertyOptional({ description: 'Seconds to wait before a retry; also in `Retry-After`.' }) retryAfter?: number;
  @ApiPropertyOptional({ type: [ProblemField], description: 'For an invalid request: each invalid field and its error.' })
  errors?: FieldError[];
}

export function problemOf(error: DomainError, requestId: string | null): Problem {
  const { status, code, detail, extras } = error;
  return { type: `urn:parley:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, detail, code, requestId, ...extras };
}

/** The problem of a defect. It contains no internals; the log has them under the same request id. */
export function internalProblem(requestId: string | null): Problem {
  const detail = 'The server failed; it has logged the error under this request id.';
  return { type: 'urn:parley:problem:internal', title: 'Internal Server Error', status: 500, detail, code: 'internal', requestId };
}
