import type { SessionEndReason } from './session.entity.js';

/** The channel of Postgres on which every process hears it, too: the same fields as JSON. */
export const SESSIONS_CHANNEL = 'parley_sessions';

/** Tokens of these sessions are refused from now on, and their sockets are to be closed. */
export class SessionEnded {
  constructor(
    readonly sessionIds: readonly string[],
    readonly userId: string,
    readonly reason: SessionEndReason,
  ) {}
}
