import { DomainError, declareError } from '../common/domain-error.js';

/** 404: there is no such reaction to the message. */
export class ReactionNotFound extends declareError(404, 'reaction_not_found', 'There is no such reaction.') {}

/** 422: what this server does not take as a reaction. */
export class InvalidReaction extends DomainError {
  constructor(detail: string) {
    super(422, 'invalid_reaction', detail);
  }
}

/** 422: the message has as many different reactions as it may. */
export class TooManyReactions extends declareError(
  422,
  'too_many_reactions',
  'The message has as many different reactions as it may have.',
) {}
