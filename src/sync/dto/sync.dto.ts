import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { IdField, QueryIntegerField } from '../../common/fields.js';
import { isId } from '../../common/ids.js';
import { DEFAULT_PAGE, IsPageLimit } from '../../common/page.js';

/** Maximum number of rooms in one `sync`; the setting may be lower. */
const MAX_ROOMS = 1_000;

/** The sync cursor of a client in a room: its newest message and its newest change. */
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
  Object.keys(value).length <= MAX_ROOMS &&
  Object.entries(value).every(([id, cursor]) => isId(id) && isCursor(cursor));

const IsCursorMap = (): PropertyDecorator => {
  const defaultMessage = (): string => 'must contain a cursor { seq, rev } for each room id';
  return ValidateBy({ name: 'isCursorMap', validator: { validate: isCursorMap, defaultMessage } });
};

/** The payload of `sync`. */
export class SyncDto {
  @ApiProperty({
    type: 'object',
    description: 'Keyed by room id.',
    additionalProperties: {
      type: 'object',
      required: ['seq', 'rev'],
      properties: { seq: { type: 'integer', minimum: 0 }, rev: { type: 'integer', minimum: 0 } },
    },
    example: { '0199f3b0-1a2b-7c3d-8e4f-5a6b7c8d9e0f': { seq: 42, rev: 7 } },
  })
  @Transform(({ obj }: { obj: { rooms?: unknown } }) => obj.rooms) // unchanged: the type is a plain object
  @IsCursorMap()
  rooms: Record<string, Cursor>;
}

/** The payload of `rooms`. */
export class RoomHeadsDto {
  @IdField({ optional: true, nullable: true, description: '`next` of the previous answer.' }) after?: string | null;
}

/** The query of `changes`. */
export class ChangesQuery implements Cursor {
  @QueryIntegerField({ description: '`seq` of the newest message that you have.' }) seq: number;
  @QueryIntegerField({ description: '`rev` of the newest change that you have.' }) rev: number;

  @IsPageLimit({ description: 'Maximum length of each of the two lists.' })
  limit: number = DEFAULT_PAGE;
}
