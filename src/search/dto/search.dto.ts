import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsISO8601, IsOptional } from 'class-validator';
import { BooleanField, IdField, TextField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';

const toBoolean = ({ value }: { value: unknown }): unknown => (value === 'true' ? true : value === 'false' ? false : value);

export class SearchQuery extends PageQuery {
  @TextField({
    description: 'Words or parts of words, in any script; a hit contains all of them. Case and accents are ignored.',
    minLength: 1,
    maxLength: 200,
    example: 'cafe',
  })
  query: string;
  @IdField({ optional: true, description: 'Only messages in this room.' }) roomId?: string;
  @IdField({ optional: true, description: 'Only messages of this user.' }) userId?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only messages sent before this time.', example: '2026-03-01T09:30:00.000Z' })
  @IsOptional()
  @IsISO8601({ strict: true })
  before?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Only messages sent after this time.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  after?: string;

  @Transform(toBoolean)
  @BooleanField({ optional: true, description: 'True: only messages with media. False: only messages without media.' })
  hasMedia?: boolean;
}
