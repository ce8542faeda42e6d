import { DomainError, declareError } from '../../common/domain-error.js';

/** 426: the client uses another version of the protocol. */
export class ProtocolUnsupported extends declareError(
  426,
  'protocol_unsupported',
  'The protocol version is not supported; this server supports version 1.',
) {}

/** 404: no such event. */
export class UnknownEvent extends declareError(404, 'event_unknown', 'There is no such event; the documentation lists all events.') {}

/** 429: the user has reached the maximum number of sockets. */
export class TooManySockets extends declareError(
  429,
  'too_many_sockets',
  'You have reached the maximum number of sockets; close one first.',
  { retryAfter: 5 },
) {}

/** 429: the socket has reached the maximum number of events per second. */
export class TooManyEvents extends DomainError {
  constructor(retryAfter: number) {
    super(429, 'rate_limited', 'The socket has reached the maximum number of events per second; wait before the next one.', { retryAfter });
  }
}

/** 503: the process is shutting down. */
export class ServerDraining extends DomainError {
  constructor(retryAfter: number) {
    super(503, 'server_draining', 'The server is shutting down; reconnect.', { retryAfter });
  }
}
