import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsTime } from '../../common/validators.js';

const MAX_USES = 100_000;

export class CreateInviteDto {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 1,
    maximum: MAX_USES,
    description: 'How many users may join by the invite. Default: no limit.',
    example: 10,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_USES)
  maxUses?: number | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the invite expires. Default: never.',
    example: '2026-03-08T09:30:00Z',
  })
  @IsOptional()
  @IsTime()
  expiresAt?: string | null;
}
