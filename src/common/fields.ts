import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { isId } from './ids.js';
import { codePoints } from './text.js';
import { isStorableTime } from './times.js';

// The decorators of fields in request classes. Each documents its field and checks it, by the same options.

interface FieldOptions {
  description?: string;
  example?: unknown;
  default?: unknown;
  format?: string;
  /** The field may be absent. */
  optional?: boolean;
  /** The field may be null. */
  nullable?: boolean;
}

/** In Unicode code points. */
interface TextBounds {
  minLength?: number;
  maxLength: number;
  /** Refuses the empty text. Not documented, unlike a `minLength` of 1. */
  notEmpty?: boolean;
  /** Refuses text of white space alone. Not documented. */
  notBlank?: boolean;
}

interface ListOptions extends FieldOptions {
  minItems?: number;
  maxItems: number;
  /** Refuses equal items. Not documented. */
  unique?: boolean;
}

export const TextField = ({ notEmpty, notBlank, ...options }: FieldOptions & TextBounds): PropertyDecorator =>
  field({ type: String, ...options }, textChecks({ ...options, notEmpty, notBlank }));

/** A list of texts. The bounds of `each` are not documented. */
export const TextsField = ({ each, ...options }: ListOptions & { each: TextBounds }): PropertyDecorator =>
  list({ type: [String], ...options }, textChecks(each, { each: true }));

/** Any UUID; becomes lower case. */
export const IdField = (options: FieldOptions): PropertyDecorator => field({ type: String, format: 'uuid', ...options }, [IsId()]);

export const IdsField = (options: ListOptions): PropertyDecorator => list({ type: [String], ...options }, [IsId({ each: true })]);

/** An integer. Without a `maximum` it is a safe integer. */
export const IntegerField = (options: FieldOptions & { minimum: number; maximum?: number }): PropertyDecorator =>
  field({ type: Number, ...options }, [Max(options.maximum ?? Number.MAX_SAFE_INTEGER), Min(options.minimum), IsInt()]);

/** An integer from 0 to `max` in a query. `max` is not documented. */
export const QueryIntegerField = (options: FieldOptions, max = Number.MAX_SAFE_INTEGER): PropertyDecorator =>
  field({ type: Number, ...options, minimum: 0 }, [Max(max), Min(0), IsInt(), Type(() => Number)]);

export const BooleanField = (options: FieldOptions = {}): PropertyDecorator => field({ type: Boolean, ...options }, [IsBoolean()]);

/** One of the values of `enum`. */
export const EnumField = (options: FieldOptions & { enum: readonly string[] }): PropertyDecorator => field(options, [IsIn(options.enum)]);

/** A list of different values of `enum`. */
export const EnumsField = (options: FieldOptions & { enum: readonly string[] }): PropertyDecorator =>
  field({ ...options, isArray: true }, [IsIn(options.enum, { each: true }), ArrayUnique(), ArrayMaxSize(options.enum.length), IsArray()]);

/**
 * A time of RFC 3339 with its offset, on a day that exists, in the years 1 to 9999 of UTC. It stays a string; parse it before it goes to
 * Postgres, which accepts fewer offsets.
 */
export const TimeField = (options: FieldOptions): PropertyDecorator => {
  const defaultMessage = (): string => 'must be a time like 2026-03-01T09:30:00Z';
  const check = ValidateBy({ name: 'isTime', validator: { validate: isTime, defaultMessage } });
  return field({ type: String, format: 'date-time', ...options }, [check]);
};

function list({ unique, ...options }: ListOptions & ApiPropertyOptions, itemChecks: PropertyDecorator[]): PropertyDecorator {
  const { minItems = 0, maxItems } = options;
  const checks = [unique && ArrayUnique(), ArrayMaxSize(maxItems), minItems > 0 && ArrayMinSize(minItems), IsArray()];
  return field(options, [...itemChecks, ...checks.filter((check) => typeof check === 'function')]);
}

/** The errors of a field have the order of `checks`. */
function field({ optional, ...schema }: FieldOptions & ApiPropertyOptions, checks: PropertyDecorator[]): PropertyDecorator {
  const isChecked = (_: object, value: unknown): boolean => !(optional && value === undefined) && !(schema.nullable && value === null);
  return applyDecorators(...checks, ValidateIf(isChecked), optional ? ApiPropertyOptional(schema) : ApiProperty(schema));
}

function textChecks({ minLength, maxLength, notEmpty, notBlank }: TextBounds, options: { each?: boolean } = {}): PropertyDecorator[] {
  const isText = IsText(minLength ?? (notEmpty ? 1 : 0), maxLength, options);
  return notBlank ? [Matches(/\S/u, { ...options, message: 'must not be blank' }), isText] : [isText];
}

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

/** Any UUID; becomes lower case. */
export const IsId = (options: { each?: boolean } = {}): PropertyDecorator => {
  const defaultMessage = (): string => (options.each ? 'each must be a UUID' : 'must be a UUID');
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => toLowerCase(value)),
    ValidateBy({ name: 'isId', validator: { validate: isId, defaultMessage } }, options),
  );
};

const toLowerCase = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase() : Array.isArray(value) ? value.map((item: unknown) => toLowerCase(item)) : value;

/** The field may be absent, but not null. */
export const IsNotNull = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function isTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 40) return false;
  const day = TIME.exec(value)?.[1];
  return day !== undefined && isStorableTime(Date.parse(value)) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
