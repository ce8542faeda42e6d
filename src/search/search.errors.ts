import { declareError } from '../common/domain-error.js';

/** 422: the query contains no word. */
export class EmptyQuery extends declareError(422, 'empty_query', 'The query contains no word to search for.', {
  errors: [{ path: 'query', message: 'must contain a word' }],
}) {}
