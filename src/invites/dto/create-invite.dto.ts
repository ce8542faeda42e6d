import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsTime } from '../../common/validators.js';

const MOST_USES = 100_000;

export class CreateInviteDto {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 1,
    maximum: MOST_USES,
    description: 'How many people may join by it; left out: any number.',
    example: 10,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_USES)
  maxUses?: number | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until when it can be used; left out: until it is revoked.',
    example: '2026-03-08T09:30:00Z',
  })
  @IsOptional()
  @IsTime()
  expiresAt?: string | null;
}
