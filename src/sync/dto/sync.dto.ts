import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, registerDecorator } from 'class-validator';
import { isId } from '../../common/ids.js';
import { DEFAULT_PAGE, IsPageLimit } from '../../common/page.js';
import { IsId } from '../../common/validators.js';

/** Rooms in one `sync`, whatever the setting says. */
const MOST_ROOMS = 1_000;

/** Where a client stands in a room: the newest message and the newest change that it knows. */
export interface Cursor {
  seq: number;
  rev: number;
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCursor = (value: unknown): value is Cursor =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 2 &&
  isNumber((value as Partial<Cursor>).seq) &&
  isNumber((value as Partial<Cursor>).rev);

const isCursorMap = (value: unknown): value is Record<string, Cursor> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length <= MOST_ROOMS &&
  Object.entries(value).every(([id, cursor]) => isId(id) && isCursor(cursor));

const IsCursorMap = (): PropertyDecorator => (target, property) =>
  registerDecorator({
    name: 'isCursorMap',
    target: target.constructor,
    propertyName: String(property),
    validator: {
      validate: isCursorMap,
      defaultMessage: () => 'must hold a cursor { seq, rev } for each id of a room',
    },
  });

/** The payload of `sync`. */
export class SyncDto {
  @ApiProperty({
    type: 'object',
    description: 'By room id.',
    additionalProperties: {
      type: 'object',
      required: ['seq', 'rev'],
      properties: { seq: { type: 'integer', minimum: 0 }, rev: { type: 'integer', minimum: 0 } },
    },
    example: { '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f': { seq: 42, rev: 7 } },
  })
  @Transform(({ obj }: { obj: { rooms?: unknown } }) => obj.rooms) // as it came: no class is behind it
  @IsCursorMap()
  rooms: Record<string, Cursor>;
}

/** The payload of `rooms`. */
export class RoomHeadsDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, description: '`next` of the answer before.' })
  @IsOptional()
  @IsId()
  after?: string | null;
}

/** The query of `changes`. */
export class ChangesQuery implements Cursor {
  @ApiProperty({ description: 'The newest message that you know.', minimum: 0 })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  seq: number;

  @ApiProperty({ description: 'The newest change that you know.', minimum: 0 })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  rev: number;

  @IsPageLimit({ description: 'Bounds each of the two lists.' })
  limit: number = DEFAULT_PAGE;
}
