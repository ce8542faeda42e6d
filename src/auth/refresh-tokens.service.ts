import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { SessionInvalid } from '../users/users.errors.js';
import { TokenInvalid } from './auth.errors.js';
import type { TokenPairView } from './auth.view.js';
import type { Device } from './device.types.js';
import { Sessions } from './sessions.service.js';
import { type IssuedRefresh, TokenService } from './token.service.js';

/** A token that was used so lately may come again: its answer was lost, or two tabs refreshed at once. */
const GRACE = `interval '10 seconds'`;

interface TokenState {
  readonly userId: string;
  readonly sessionId: string;
  readonly open: boolean;
  readonly used: boolean;
  /** When the successor was issued, if this token may still be answered with it. */
  readonly repeatable: Date | null;
}

/**
 * Opaque tokens, each good for one refresh. Its successor follows from it and a secret key: who answers again answers the same, and nothing
 * but hashes is stored.
 */
@Injectable()
export class RefreshTokens {
  private readonly key: Buffer;

  constructor(
    private readonly transactions: Transactions,
    private readonly sessions: Sessions,
    private readonly tokens: TokenService,
    private readonly settings: Settings,
  ) {
    this.key = createHmac('sha256', settings.auth.jwtSecret).update('parley:refresh').digest();
  }

  /** A new session and its first pair; null when the person, or the password that proved them, is gone meanwhile. */
  createTokenSession(userId: string, device: Device, passwordHash: string): Promise<TokenPairView | null> {
    return this.transactions.run(async () => {
      const sessionId = await this.sessions.createSession(userId, device, passwordHash);
      if (!sessionId) return null;
      return this.tokens.issueTokenPair(await this.store(userId, sessionId, randomBytes(32).toString('base64url')));
    });
  }

  /**
   * The successor of an unused token; the same again for the last one within ten seconds while its successor is unused. Any other return of
   * a used token ends the session. @throws TokenInvalid, SessionInvalid
   */
  async refreshTokens(token: string): Promise<TokenPairView> {
    const issued = await this.transactions.run(async () => {
      const successor = createHmac('sha256', this.key).update(token).digest('base64url');
      const state = await this.lock(token, successor);
      if (!state.open) throw new SessionInvalid();
      if (!state.used) return this.replace(state, token, successor);
      if (state.repeatable) return { ...state, refreshToken: successor, issuedAt: state.repeatable };
      await this.sessions.endSession(state.userId, state.sessionId, 'revoked');
      return null;
    });
    // After the commit: the end of a stolen session must not be rolled back.
    if (!issued) throw new SessionInvalid();
    return this.tokens.issueTokenPair(issued);
  }

  private async lock(token: string, successor: string): Promise<TokenState> {
    const hash = hashOf(token);
    // The session first: whoever refreshes it waits here, and then looks afresh.
    await this.transactions.query(
      `SELECT 1 FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR NO KEY UPDATE`,
      [hash],
    );
    const [state] = await this.transactions.query<TokenState>(
      `SELECT s.user_id AS "userId", s.id AS "sessionId", rt.used_at IS NOT NULL AS used,
         s.ended_at IS NULL AND s.expires_at > now() AND u.deleted_at IS NULL AND u.deactivated_at IS NULL AS open,
         CASE WHEN rt.used_at > clock_timestamp() - ${GRACE} AND later.used_at IS NULL THEN later.created_at END AS repeatable
       FROM refresh_tokens rt JOIN sessions s ON s.id = rt.session_id JOIN users u ON u.id = s.user_id
         LEFT JOIN refresh_tokens later ON later.token_hash = $2
       WHERE rt.token_hash = $1`,
      [hash, hashOf(successor)],
    );
    if (!state) throw new TokenInvalid();
    return state;
  }

  private async replace({ userId, sessionId }: TokenState, token: string, successor: string): Promise<IssuedRefresh> {
    await this.transactions.query(`UPDATE refresh_tokens SET used_at = clock_timestamp() WHERE token_hash = $1`, [hashOf(token)]);
    await this.transactions.query(
      `UPDATE sessions SET last_used_at = now(), expires_at = now() + make_interval(days => $2) WHERE id = $1`,
      [sessionId, this.settings.auth.refreshDays],
    );
    return this.store(userId, sessionId, successor);
  }

  private async store(userId: string, sessionId: string, refreshToken: string): Promise<IssuedRefresh> {
    // The clock of this process, by which access tokens are issued and judged.
    const issuedAt = new Date();
    await this.transactions.query(`INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, $3)`, [
      hashOf(refreshToken),
      sessionId,
      issuedAt,
    ]);
    return { userId, sessionId, refreshToken, issuedAt };
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
