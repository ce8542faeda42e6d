import { DomainError, declareError } from '../common/domain-error.js';

/** 422: the receiver of the request is its sender. */
export class CannotBefriendYourself extends declareError(422, 'cannot_befriend_oneself', 'You cannot send a friend request to yourself.') {}

/** 409: a request is not needed. */
export class AlreadyFriends extends declareError(409, 'already_friends', 'You are already friends with this user.') {}

/** 404: no such request, or one between other users. */
export class FriendRequestNotFound extends declareError(404, 'friend_request_not_found', 'There is no such friend request.') {}

/** 409: the request was approved, rejected or cancelled before. */
export class FriendRequestDecided extends declareError(
  409,
  'friend_request_decided',
  'The friend request is already approved, rejected or cancelled.',
) {}

/** 429: the receiver has rejected a request of this sender a short while ago. */
export class FriendRequestCooldown extends DomainError {
  /** @param seconds until a new request is accepted */
  constructor(seconds: number) {
    super(429, 'friend_request_cooldown', 'The user has rejected your friend request; wait before you send another.', {
      retryAfter: seconds,
    });
  }
}

/** 422: the sender's limit of pending requests. */
export class TooManyFriendRequests extends declareError(
  422,
  'too_many_friend_requests',
  'You have reached the maximum number of pending friend requests; cancel one, or wait for an answer.',
) {}

/** 422: the limit of either user. */
export class TooManyFriends extends declareError(
  422,
  'too_many_friends',
  'One of the two users has reached the maximum number of friends.',
) {}

/** 404: the user is no friend of yours. */
export class FriendNotFound extends declareError(404, 'friend_not_found', 'You are not friends with this user.') {}

/** 422: the blocked user is the blocking one. */
export class CannotBlockYourself extends declareError(422, 'cannot_block_oneself', 'You cannot block yourself.') {}

/** 422: the limit of blocks. */
export class TooManyBlocks extends declareError(
  422,
  'too_many_blocks',
  'You have reached the maximum number of blocked users; unblock one first.',
) {}
