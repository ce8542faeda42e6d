import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PageQuery } from '../../common/page.js';
import { IsText } from '../../common/validators.js';

/** Code points. */
const MAX_REACTION = 255;

/** The body or query that names a reaction. */
export class ReactionDto {
  @ApiProperty({
    description: 'Depends on the setting REACTIONS: one emoji, `like` or `dislike`, or any text.',
    minLength: 1,
    maxLength: MAX_REACTION,
    example: '👍',
  })
  @IsText(1, MAX_REACTION)
  reaction: string;
}

export class ReactionsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Only this reaction.', minLength: 1, maxLength: MAX_REACTION, example: '👍' })
  @IsOptional()
  @IsText(1, MAX_REACTION)
  reaction?: string;
}
