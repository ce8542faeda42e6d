/** The authenticated user of a call; the first parameter of every use case. */
export interface Actor {
  readonly userId: string;
  /** The session of the token; null only for work of a command in a user's name (seed, import). */
  readonly sessionId: string | null;
  /** A platform admin may delete and deactivate accounts, and has no extra permission in rooms. */
  readonly admin: boolean;
}
