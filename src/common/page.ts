import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, MaxLength, Min } from 'class-validator';
import { ValidationFailed } from './domain-error.js';
import { isId } from './ids.js';
import { isStorable } from './text.js';
import { isAnsweredTime } from './times.js';

export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 50;

/** The answer of every list. `nextCursor` is opaque; null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** `?limit=` of every list: out of range is refused, never cut silently. */
export const IsPageLimit = (documented: { description?: string } = {}): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ ...documented, minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE }),
    IsOptional(),
    Type(() => Number),
    IsInt(),
    Min(1),
    Max(MAX_PAGE),
  );

/** `?limit=&cursor=` of every list that pages by cursor. */
export class PageQuery {
  @IsPageLimit()
  limit: number = DEFAULT_PAGE;

  @ApiPropertyOptional({ description: 'Opaque: `nextCursor` of the page before.' })
  @IsOptional()
  @Matches(/^[\w-]*$/, { message: 'is not a cursor of this list' })
  @MaxLength(512)
  cursor?: string;
}

/** A keyset position as an opaque word. */
export const encodeCursor = (key: readonly (string | number | null)[]): string => Buffer.from(JSON.stringify(key)).toString('base64url');

type CursorValue = string | number | null;

const KINDS = {
  integer: (part: CursorValue): boolean => typeof part === 'number',
  text: (part: CursorValue): boolean => typeof part === 'string',
  time: (part: CursorValue): boolean => typeof part === 'string' && isAnsweredTime(part),
  id: isId,
};

type Decoded<K extends readonly (keyof typeof KINDS)[]> = { -readonly [I in keyof K]: (K[I] extends 'integer' ? number : string) | null };

/**
 * The values of a cursor, each of its kind; without a cursor all are null. Integers are safe ones, text can be stored, times are as our
 * answers write them.
 * @throws ValidationFailed when it was not made by {@link encodeCursor} of such values.
 */
export function decodeCursor<const K extends readonly (keyof typeof KINDS)[]>(cursor: string | undefined, kinds: K): Decoded<K> {
  if (cursor === undefined) return kinds.map(() => null) as Decoded<K>;
  const key = parsed(cursor);
  if (key?.length !== kinds.length || !kinds.every((kind, at) => KINDS[kind](key[at] ?? null))) {
    throw new ValidationFailed([{ path: 'cursor', message: 'is not a cursor of this list' }]);
  }
  return key as Decoded<K>;
}

function parsed(cursor: string): CursorValue[] | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isValue = (part: unknown) => part === null || (typeof part === 'string' && isStorable(part)) || Number.isSafeInteger(part);
    return Array.isArray(key) && key.every(isValue) ? (key as CursorValue[]) : null;
  } catch {
    return null; // not ours
  }
}

/** Turns `limit + 1` rows into a page: `key` gives the keyset position of a row. */
export function pageOf<Row, Item>(
  rows: Row[],
  limit: number,
  key: (row: Row) => readonly (string | number | null)[],
  item: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), nextCursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
