import { DomainError, declareError } from '../common/domain-error.js';

/** 404: the message does not exist, or the caller may not see it. */
export class MessageNotFound extends declareError(404, 'message_not_found', 'There is no such message.') {}

/** 409: the id is taken in this room by another body or another sender. */
export class MessageConflict extends declareError(409, 'message_conflict', 'Another message has this id; send with a new id.') {}

/** 422: the message to reply to does not exist, is deleted, or is not visible to the sender. */
export class ReplyNotFound extends declareError(422, 'reply_not_found', 'The message to reply to does not exist.') {}

/** 422: a medium does not exist, has another owner, or is not ready. */
export class MediaNotUsable extends declareError(422, 'media_not_usable', 'A file does not exist, is not yours, or is not ready.') {}

/** 422: a text message without text, or a message of a media type without media. */
export class EmptyMessage extends DomainError {
  constructor(detail: string) {
    super(422, 'empty_message', detail);
  }
}

/** 503: the send queue of this process or this sender is full. */
export class Overloaded extends declareError(503, 'overloaded', 'Too many messages are queued; try again.', { retryAfter: 1 }) {}

/** 409: the message was deleted. */
export class MessageDeleted extends declareError(409, 'message_deleted', 'The message was deleted.') {}

/** 422: a system message cannot be edited, deleted, pinned or reacted to. */
export class SystemMessageImmutable extends declareError(422, 'system_message', 'A system message cannot be changed.') {}
