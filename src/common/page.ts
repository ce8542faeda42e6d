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

/** The answer of every list. The page cursor `nextCursor` is opaque; null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** `?limit=` of every list. A value out of range is an error, never cut silently. */
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

  @ApiPropertyOptional({ description: 'Page cursor: `nextCursor` of the previous page.' })
  @IsOptional()
  @Matches(/^[\w-]*$/, { message: 'is not a cursor of this list' })
  @MaxLength(512)
  cursor?: string;
}

/** Encodes a keyset position as a page cursor. */
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
 * Decodes the values of a page cursor; without a cursor all are null. Integers are safe, text is storable, times have the form of our
 * answers.
 * @throws ValidationFailed for anything that {@link encodeCursor} did not make from values of these kinds
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
    return null;
  }
}

/** Makes a page of `limit + 1` rows; `key` returns the keyset position of a row. */
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

/** {@link pageOf} for rows that hold their item as `view`. */
export const pageOfViews = <View, Row extends { readonly view: View }>(
  rows: Row[],
  limit: number,
  key: (row: Row) => readonly (string | number | null)[],
): Page<View> => pageOf(rows, limit, key, ({ view }) => view);
