import { DomainError } from '../common/domain-error.js';

/** 422: an admin puts others to rest, not themselves. */
export class NotOneself extends DomainError {
  constructor() {
    super(422, 'not_oneself', 'An admin may not do this to their own account.');
  }
}
