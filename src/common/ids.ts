import { type ArgumentMetadata, Injectable, Param, type PipeTransform } from '@nestjs/common';
import { v7 } from 'uuid';
import { ValidationFailed } from './domain-error.js';

/** Returns a new id. UUIDv7 keeps inserts local in the index; nothing is ordered by its time. */
export const newId = (): string => v7();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Accepts any UUID as a path parameter, and folds it to lower case. */
@Injectable()
export class IdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data }: ArgumentMetadata): string {
    if (!isId(value)) throw new ValidationFailed([{ path: data ?? 'id', message: 'must be a UUID' }]);
    return value.toLowerCase();
  }
}

/** The path parameter `:roomId`. */
export const RoomId = (): ParameterDecorator => Param('roomId', IdPipe);

/** The path parameter `:userId`. */
export const UserId = (): ParameterDecorator => Param('userId', IdPipe);

/** The path parameter `:messageId`. */
export const MessageId = (): ParameterDecorator => Param('messageId', IdPipe);
