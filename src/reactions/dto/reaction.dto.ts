import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsText } from '../../common/validators.js';

/** Code points of a reaction. */
const LONGEST = 255;

/** `reaction` of the body or of the query. */
export class ReactionDto {
  @ApiProperty({
    description: 'By the setting REACTIONS: one emoji, `like` or `dislike`, or any text.',
    minLength: 1,
    maxLength: LONGEST,
    example: '👍',
  })
  @IsText(1, LONGEST)
  reaction: string;
}

export class ReactionsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Only who reacted with this.', minLength: 1, maxLength: LONGEST, example: '👍' })
  @IsOptional()
  @IsText(1, LONGEST)
  reaction?: string;
}
