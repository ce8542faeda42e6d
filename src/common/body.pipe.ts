import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { type FieldError, ValidationFailed } from './domain-error.js';
import { assertStorable } from './text.js';

const DEEPEST = 20;
const UNKNOWN = 'is not a known field';
/** Names that reach beyond an object; what copies objects skips them in silence, but an unknown field is refused. */
const HOSTILE = ['__proto__', 'constructor', 'prototype'];

/** Bodies and queries as their DTO says, nothing more and nothing converted; what is wrong is told field by field. */
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
    refuseHostile(value);
    const checked: unknown = await super.transform(value, metadata);
    // Once its form is right: what is malformed is 400 whatever it holds.
    assertStorable(checked);
    return checked;
  }
}

/** Not recursive, unlike what comes after it: a body nested too deep would exhaust the stack there. */
function refuseHostile(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const objects = level.filter((value): value is object => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value));
    if (depth > DEEPEST && objects.length > 0) throw new ValidationFailed([{ path: '', message: `is nested more than ${DEEPEST} deep` }]);
    const hostile = HOSTILE.find((name) => objects.some((object) => Object.hasOwn(object, name)));
    if (hostile) throw new ValidationFailed([{ path: hostile, message: UNKNOWN }]);
    level = objects.flatMap((object) => Object.values(object) as unknown[]);
  }
}

/** The tree of class-validator as a list of dotted paths. */
export function fieldErrors(errors: readonly ValidationError[], above = ''): FieldError[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const path = `${above}${property}`;
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      path,
      message: rule === 'whitelistValidation' ? UNKNOWN : plain(message, property),
    }));
    return [...own, ...fieldErrors(children ?? [], `${path}.`)];
  });
}

/** The path is told beside the message. */
const plain = (message: string, property: string): string =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
