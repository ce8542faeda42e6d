import { DomainError, declareError } from '../common/domain-error.js';

/** 422: one cannot ask oneself. */
export class CannotBefriendOneself extends declareError(422, 'cannot_befriend_oneself', 'A friend is somebody else.') {}

/** 409: there is nothing to ask. */
export class AlreadyFriends extends declareError(409, 'already_friends', 'The two are friends already.') {}

/** 404: no such request, or one between other people. */
export class FriendRequestNotFound extends declareError(404, 'friend_request_not_found', 'There is no such friend request.') {}

/** 409: it was approved, rejected or cancelled before. */
export class FriendRequestDecided extends declareError(409, 'friend_request_decided', 'The friend request has been decided already.') {}

/** 429: they said no a short while ago. */
export class FriendRequestCooldown extends DomainError {
  /** @param seconds until one may ask again */
  constructor(seconds: number) {
    super(429, 'friend_request_cooldown', 'The person has rejected a request of yours; ask again later.', { retryAfter: seconds });
  }
}

/** 422: too many of one's requests wait for an answer. */
export class TooManyFriendRequests extends declareError(
  422,
  'too_many_friend_requests',
  'Too many of your friend requests are waiting for an answer.',
) {}

/** 422: one of the two has as many friends as one may have. */
export class TooManyFriends extends declareError(422, 'too_many_friends', 'One of the two has as many friends as one may have.') {}

/** 404: that person is no friend. */
export class FriendNotFound extends declareError(404, 'friend_not_found', 'The person is not among your friends.') {}

/** 422: one cannot block oneself. */
export class CannotBlockOneself extends declareError(422, 'cannot_block_oneself', 'One cannot block oneself.') {}

/** 422: the list of blocked people is full. */
export class TooManyBlocks extends declareError(422, 'too_many_blocks', 'You have blocked as many people as one may.') {}
