import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional } from 'class-validator';
import { IsId, IsText } from '../../common/validators.js';
import { foldUsername } from '../user.policy.js';

const MAX = 100;

const folded = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((name: unknown) => (typeof name === 'string' ? foldUsername(name) : name)) : value;

/** At most 100 of each. */
export class LookupUsersDto {
  @ApiPropertyOptional({ type: [String], maxItems: MAX, example: ['0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX)
  @IsId({ each: true })
  ids?: string[];

  @ApiPropertyOptional({ type: [String], maxItems: MAX, example: ['ana', 'bob'] })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => folded(value))
  @IsArray()
  @ArrayMaxSize(MAX)
  @IsText(1, 32, { each: true })
  usernames?: string[];
}
