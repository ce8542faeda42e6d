import { DomainError, declareError } from '../common/domain-error.js';

/** 404: the message has no such reaction. */
export class ReactionNotFound extends declareError(404, 'reaction_not_found', 'There is no such reaction.') {}

/** 422: the setting REACTIONS does not allow this reaction. */
export class InvalidReaction extends DomainError {
  constructor(detail: string) {
    super(422, 'invalid_reaction', detail);
  }
}

/** 422: the message has reached the maximum number of different reactions. */
export class TooManyReactions extends declareError(
  422,
  'too_many_reactions',
  'The message has reached the maximum number of different reactions.',
) {}
