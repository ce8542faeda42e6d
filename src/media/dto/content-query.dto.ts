import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { IsNotNull } from '../../common/validators.js';

export class ContentQueryDto {
  @ApiPropertyOptional({ enum: ['thumbnail'], description: 'A small picture (WebP) of an image.' })
  @IsNotNull()
  @IsIn(['thumbnail'])
  variant?: 'thumbnail';

  @ApiPropertyOptional({ description: 'Of `POST /v1/media/ticket`; stands for the token where no header can be sent.' })
  @IsNotNull()
  @IsString()
  @MaxLength(2_000)
  ticket?: string;
}
