import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { IdsField, TextField, TextsField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';
import { foldUsername } from '../user.policy.js';

const MAX_LOOKUP = 100;

const folded = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((name: unknown) => (typeof name === 'string' ? foldUsername(name) : name)) : value;

/** Null counts as absent. */
export class LookupUsersDto {
  @IsOptional()
  @IdsField({ optional: true, maxItems: MAX_LOOKUP, example: ['0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11'] })
  ids?: string[];

  @IsOptional()
  @Transform(({ value }: { value: unknown }) => folded(value))
  @TextsField({ optional: true, maxItems: MAX_LOOKUP, each: { minLength: 1, maxLength: 32 }, example: ['ana', 'bob'] })
  usernames?: string[];
}

export class SearchUsersDto extends PageQuery {
  @TextField({
    optional: true,
    description: 'Part of the username or display name. Without it, all active users are listed.',
    maxLength: 64,
    example: 'an',
  })
  query?: string;
}
