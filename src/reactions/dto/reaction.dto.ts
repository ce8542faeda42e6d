import { TextField } from '../../common/fields.js';
import { PageQuery } from '../../common/page.js';

/** Code points. */
const MAX_REACTION = 255;

/** The body or query that names a reaction. */
export class ReactionDto {
  @TextField({
    description: 'Depends on the setting REACTIONS: one emoji, `like` or `dislike`, or any text.',
    minLength: 1,
    maxLength: MAX_REACTION,
    example: '👍',
  })
  reaction: string;
}

export class ReactionsQuery extends PageQuery {
  @TextField({ optional: true, description: 'Only this reaction.', minLength: 1, maxLength: MAX_REACTION, example: '👍' })
  reaction?: string;
}
