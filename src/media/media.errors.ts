import { DomainError } from '../common/domain-error.js';

/** 422: an avatar is a ready image of one's own. */
export class AvatarNotUsable extends DomainError {
  constructor() {
    super(422, 'media_not_usable', 'An avatar is an image of your own that was uploaded in full.');
  }
}
