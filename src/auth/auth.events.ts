import type { SessionEndReason } from './session.entity.js';

/** The Postgres channel on which every process receives {@link SessionEnded}, as JSON of the same fields. */
export const SESSIONS_CHANNEL = 'parley_sessions';

/** The sessions have ended: the server refuses their tokens and closes their sockets. */
export class SessionEnded {
  constructor(
    readonly sessionIds: readonly string[],
    readonly userId: string,
    readonly reason: SessionEndReason,
  ) {}
}
