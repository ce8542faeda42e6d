import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';
import { codePoints } from './text.js';
import { isId } from './ids.js';

/** A string of `min`..`max` Unicode code points, or a list of such. */
export const IsText =
  (min: number, max: number, options: { each?: boolean } = {}): PropertyDecorator =>
  (target, property) =>
    registerDecorator({
      name: 'isText',
      target: target.constructor,
      propertyName: String(property),
      options,
      validator: {
        validate: (value: unknown) => {
          if (typeof value !== 'string' || value.length > max * 2) return false;
          const length = codePoints(value);
          return length >= min && length <= max;
        },
        defaultMessage: () => `${options.each ? 'each ' : ''}must be text of ${min} to ${max} characters`,
      },
    });

/** Any UUID, folded to lower case. */
export const IsId = (options: { each?: boolean } = {}): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => lower(value)),
    (target: object, property: string | symbol) =>
      registerDecorator({
        name: 'isId',
        target: target.constructor,
        propertyName: String(property),
        options,
        validator: { validate: isId, defaultMessage: () => (options.each ? 'each must be a UUID' : 'must be a UUID') },
      }),
  );

const lower = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase() : Array.isArray(value) ? value.map((item: unknown) => lower(item)) : value;
