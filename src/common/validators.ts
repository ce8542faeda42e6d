import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { IsInt, Max, Min, ValidateBy, ValidateIf } from 'class-validator';
import { codePoints } from './text.js';
import { isId } from './ids.js';
import { isStorableTime } from './times.js';

/** A string of `min` to `max` Unicode code points; with `each`, a list of them. */
export const IsText = (min: number, max: number, options: { each?: boolean } = {}): PropertyDecorator => {
  const validate = (value: unknown): boolean => {
    if (typeof value !== 'string' || value.length > max * 2) return false;
    const length = codePoints(value);
    return length >= min && length <= max;
  };
  const defaultMessage = (): string => `${options.each ? 'each ' : ''}must be text of ${min} to ${max} characters`;
  return ValidateBy({ name: 'isText', validator: { validate, defaultMessage } }, options);
};

/** Any UUID; folds it to lower case. */
export const IsId = (options: { each?: boolean } = {}): PropertyDecorator => {
  const defaultMessage = (): string => (options.each ? 'each must be a UUID' : 'must be a UUID');
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => toLowerCase(value)),
    ValidateBy({ name: 'isId', validator: { validate: isId, defaultMessage } }, options),
  );
};

const toLowerCase = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase() : Array.isArray(value) ? value.map((item: unknown) => toLowerCase(item)) : value;

/** An integer from 0 to `max` in a query. */
export const IsQueryInteger = (max = Number.MAX_SAFE_INTEGER): PropertyDecorator =>
  applyDecorators(
    Max(max),
    Min(0),
    IsInt(),
    Type(() => Number),
  );

/** The field may be absent, but not null. */
export const IsNotNull = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A time of RFC 3339 with its offset, on a day that exists, in the years 1 to 9999 of UTC. It stays a string; parse it before it goes to
 * Postgres, which accepts fewer offsets.
 */
export const IsTime = (): PropertyDecorator =>
  ValidateBy({ name: 'isTime', validator: { validate: isTime, defaultMessage: () => 'must be a time like 2026-03-01T09:30:00Z' } });

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 40) return false;
  const day = TIME.exec(value)?.[1];
  return day !== undefined && isStorableTime(Date.parse(value)) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
