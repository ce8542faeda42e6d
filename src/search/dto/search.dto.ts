import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsISO8601, IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsId, IsText } from '../../common/validators.js';

const MAX_QUERY = 200;

const toBoolean = ({ value }: { value: unknown }): unknown => (value === 'true' ? true : value === 'false' ? false : value);

export class SearchQuery extends PageQuery {
  @ApiProperty({
    description: 'Words or parts of words, in any script; a hit contains all of them. Case and accents are ignored.',
    minLength: 1,
    maxLength: MAX_QUERY,
    example: 'cafe',
  })
  @IsText(1, MAX_QUERY)
  query: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only messages in this room.' })
  @IsOptional()
  @IsId()
  roomId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only messages of this user.' })
  @IsOptional()
  @IsId()
  userId?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only messages sent before this time.', example: '2026-03-01T09:30:00.000Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  before?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only messages sent after this time.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  after?: string;

  @ApiPropertyOptional({ description: 'True: only messages with media. False: only messages without media.' })
  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  hasMedia?: boolean;
}
