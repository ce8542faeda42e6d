import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsISO8601, IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsId, IsText } from '../../common/validators.js';

const MAX_QUERY = 200;

const flag = ({ value }: { value: unknown }): unknown => (value === 'true' ? true : value === 'false' ? false : value);

export class SearchQuery extends PageQuery {
  @ApiProperty({
    description: 'Words or parts of words, in any script; a message holds all of them. Case and accents do not count.',
    minLength: 1,
    maxLength: MAX_QUERY,
    example: 'cafe',
  })
  @IsText(1, MAX_QUERY)
  query: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'In this room alone.' })
  @IsOptional()
  @IsId()
  roomId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'From this person alone.' })
  @IsOptional()
  @IsId()
  userId?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Sent before this time.', example: '2026-03-01T09:30:00.000Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  before?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Sent after this time.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  after?: string;

  @ApiPropertyOptional({ description: 'Only with a file, or only without.' })
  @IsOptional()
  @Transform(flag)
  @IsBoolean()
  hasMedia?: boolean;
}
