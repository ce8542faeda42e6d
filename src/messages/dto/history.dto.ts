import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { DEFAULT_PAGE, IsPageLimit, MAX_PAGE } from '../../common/page.js';

/** `?before=|after=|around=&limit=` of a room's messages; without a bound, the newest. */
export class HistoryQuery {
  @ApiPropertyOptional({ description: 'Messages below this seq.', minimum: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  before?: number;

  @ApiPropertyOptional({ description: 'Messages above this seq.', minimum: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER - MAX_PAGE)
  after?: number;

  @ApiPropertyOptional({ description: 'This seq in the middle, half of the page on each side.', minimum: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER - MAX_PAGE)
  around?: number;

  @IsPageLimit()
  limit: number = DEFAULT_PAGE;
}
