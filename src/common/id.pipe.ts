import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ValidationFailed } from './domain-error.js';
import { isId } from './ids.js';

/** A path parameter that is an id: any UUID, answered and compared in lower case. */
@Injectable()
export class IdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data }: ArgumentMetadata): string {
    if (!isId(value)) throw new ValidationFailed([{ path: data ?? 'id', message: 'must be a UUID' }]);
    return value.toLowerCase();
  }
}
