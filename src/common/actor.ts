/** Who is asking. Every use case takes one first. */
export interface Actor {
  readonly userId: string;
  /** The session that the token belongs to; null only for work the server does in someone's name (seed, import). */
  readonly sessionId: string | null;
  /** A platform admin: may remove and deactivate accounts; has no rights in rooms by that. */
  readonly admin: boolean;
}
