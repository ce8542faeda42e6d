import { declareError } from '../common/domain-error.js';

/** 422: nothing to look for is left of the query. */
export class EmptyQuery extends declareError(422, 'empty_query', 'The query holds nothing to look for.', {
  errors: [{ path: 'query', message: 'holds nothing to look for' }],
}) {}
