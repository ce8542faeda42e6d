import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { type FieldError, ValidationFailed } from './domain-error.js';
import { requireStorable } from './text.js';

const MAX_DEPTH = 20;
const UNKNOWN = 'is not a known field';
/** Names that reach an object's prototype. The libraries drop them silently, but every other unknown field is an error. */
const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype'];

/** Validates bodies and queries against their DTO: no unknown field, no conversion, one error for each invalid field. */
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new ValidationFailed(fieldErrors(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body' && metadata.type !== 'query') return super.transform(value, metadata);
    requirePlain(value);
    const checked: unknown = await super.transform(value, metadata);
    // After the form: a malformed body is a 400, whatever it contains.
    requireStorable(checked);
    return checked;
  }
}

/** Refuses prototype names and deep nesting. Not recursive: the recursive checks after it would overflow the stack on a deep body. */
function requirePlain(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const objects = level.filter((value): value is object => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value));
    if (depth > MAX_DEPTH && objects.length > 0)
      throw new ValidationFailed([{ path: '', message: `is nested more than ${MAX_DEPTH} levels deep` }]);
    const found = PROTOTYPE_NAMES.find((name) => objects.some((object) => Object.hasOwn(object, name)));
    if (found) throw new ValidationFailed([{ path: found, message: UNKNOWN }]);
    level = objects.flatMap((object) => Object.values(object) as unknown[]);
  }
}

/** Flattens the errors of class-validator to dotted paths. */
export function fieldErrors(errors: readonly ValidationError[], prefix = ''): FieldError[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const path = `${prefix}${property}`;
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      path,
      message: rule === 'whitelistValidation' ? UNKNOWN : withoutName(message, property),
    }));
    return [...own, ...fieldErrors(children ?? [], `${path}.`)];
  });
}

/** The path beside the message names the property already. */
const withoutName = (message: string, property: string): string =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
