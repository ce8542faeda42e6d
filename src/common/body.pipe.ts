import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { type FieldError, ValidationFailed } from './domain-error.js';
import { assertStorable } from './text.js';

const MOST_ERRORS = 20;
const LONGEST_PATH = 100;

class BodyPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const checked: unknown = await super.transform(value, metadata);
    // Once its form is right: what is malformed is 400 whatever it holds.
    if (metadata.type === 'body' || metadata.type === 'query') assertStorable(checked);
    return checked;
  }
}

/** Bodies and queries as their DTO says, nothing more and nothing converted; what is wrong is told field by field. */
export function bodyPipe(): ValidationPipe {
  return new BodyPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => new ValidationFailed(fieldErrors(errors).slice(0, MOST_ERRORS)),
  });
}

/** The tree of class-validator as a list of dotted paths. */
export function fieldErrors(errors: readonly ValidationError[], above = ''): FieldError[] {
  return errors.flatMap(({ property, constraints, children }) => {
    const path = `${above}${property}`.slice(0, LONGEST_PATH);
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      path,
      message: rule === 'whitelistValidation' ? 'is not a known field' : plain(message, property),
    }));
    return [...own, ...fieldErrors(children ?? [], `${path}.`)];
  });
}

/** The path is told beside the message. */
const plain = (message: string, property: string): string =>
  message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
