import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsId, IsText } from '../../common/validators.js';
import { foldUsername } from '../user.policy.js';

const MAX_LOOKUP = 100;

const folded = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((name: unknown) => (typeof name === 'string' ? foldUsername(name) : name)) : value;

export class LookupUsersDto {
  @ApiPropertyOptional({ type: [String], maxItems: MAX_LOOKUP, example: ['0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_LOOKUP)
  @IsId({ each: true })
  ids?: string[];

  @ApiPropertyOptional({ type: [String], maxItems: MAX_LOOKUP, example: ['ana', 'bob'] })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => folded(value))
  @IsArray()
  @ArrayMaxSize(MAX_LOOKUP)
  @IsText(1, 32, { each: true })
  usernames?: string[];
}

export class SearchUsersDto extends PageQuery {
  @ApiPropertyOptional({
    description: 'Part of the username or display name. Without it, all active users are listed.',
    maxLength: 64,
    example: 'an',
  })
  @IsOptional()
  @IsText(0, 64)
  query?: string;
}
