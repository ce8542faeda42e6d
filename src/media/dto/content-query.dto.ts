import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IfGiven } from '../../common/validators.js';

export class ContentQueryDto {
  @ApiPropertyOptional({ enum: ['thumbnail'], description: 'A small picture (WebP) of an image.' })
  @IfGiven()
  @IsIn(['thumbnail'])
  variant?: 'thumbnail';

  @ApiPropertyOptional({ description: 'Of `POST /v1/media/ticket`; stands for the token where no header can be sent.' })
  @IfGiven()
  @IsString()
  @MaxLength(2_000)
  ticket?: string;
}
