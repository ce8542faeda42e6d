import { DomainError, declareError } from '../common/domain-error.js';

/** 404: there is no such message, or the asking person may not know that there is. */
export class MessageNotFound extends declareError(404, 'message_not_found', 'There is no such message.') {}

/** 409: the id is taken in this room by another body or another sender. */
export class MessageConflict extends declareError(409, 'message_conflict', 'A different message has this id.') {}

/** 422: the message to reply to is not there, or not to be seen. */
export class ReplyNotFound extends declareError(422, 'reply_not_found', 'The message to reply to is not there.') {}

/** 422: a medium is not there, not the sender's, or not ready. */
export class MediaNotUsable extends declareError(422, 'media_not_usable', 'A medium is not there, not yours, or not ready.') {}

/** 422: a text without text, or a media type without media. */
export class EmptyMessage extends DomainError {
  constructor(detail: string) {
    super(422, 'empty_message', detail);
  }
}

/** 503: the queue of this process or this sender is full. */
export class Overloaded extends declareError(503, 'overloaded', 'Too many messages wait to be written.', { retryAfter: 1 }) {}

/** 409: the message was deleted. */
export class MessageDeleted extends declareError(409, 'message_deleted', 'The message was deleted.') {}

/** 422: nobody changes what the server itself says. */
export class SystemMessageImmutable extends declareError(422, 'system_message', 'A message of the system cannot be changed.') {}
