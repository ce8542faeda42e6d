import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsText } from '../../common/validators.js';

export class SearchUsersDto extends PageQuery {
  @ApiPropertyOptional({ description: 'A part of the username or the display name; without it, everybody.', maxLength: 64, example: 'an' })
  @IsOptional()
  @IsText(0, 64)
  query?: string;
}
