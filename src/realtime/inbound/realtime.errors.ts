import { DomainError, declareError } from '../../common/domain-error.js';

/** 426: the client speaks another wire. */
export class ProtocolUnsupported extends declareError(426, 'protocol_unsupported', 'This server speaks protocol 1.') {}

/** 404: there is no such event. */
export class UnknownEvent extends declareError(404, 'event_unknown', 'There is no such event.') {}

/** 429: the person has as many sockets open as one may. */
export class TooManySockets extends declareError(429, 'too_many_sockets', 'Too many sockets are open; close one first.', {
  retryAfter: 5,
}) {}

/** 429: this socket sends faster than one may. */
export class TooManyEvents extends DomainError {
  constructor(retryAfter: number) {
    super(429, 'rate_limited', 'Too many events; wait before the next.', { retryAfter });
  }
}

/** 503: the process is about to end; another one answers. */
export class ServerDraining extends DomainError {
  constructor(retryAfter: number) {
    super(503, 'server_draining', 'The server is about to end; connect again.', { retryAfter });
  }
}
