import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { isActiveSql } from '../users/user.view.js';
import { SessionInvalid } from '../users/users.errors.js';
import { TokenInvalid } from './auth.errors.js';
import type { TokenPairView } from './auth.view.js';
import { RefreshToken } from './session.entity.js';
import type { Device } from './session.types.js';
import { Sessions } from './sessions.service.js';
import { type IssuedRefresh, TokenService } from './token.service.js';

/** A token used this recently may be repeated: its answer was lost, or two tabs refreshed at once. */
const GRACE = `interval '10 seconds'`;

interface TokenState {
  readonly userId: string;
  readonly sessionId: string;
  /** The session is valid and its user active. */
  readonly valid: boolean;
  readonly used: boolean;
  /** When the next token was issued, if that may still be the answer to this one. */
  readonly repeatable: Date | null;
}

/**
 * Opaque tokens, each valid for one refresh. The next token is derived from the last one and a secret key: a repeated answer is the same
 * answer, and the database stores hashes only.
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

  /** Creates a session and its first token pair. Returns null when the user is not active any more, or has another password. */
  createTokenSession(userId: string, device: Device, passwordHash: string): Promise<TokenPairView | null> {
    return this.transactions.run(async () => {
      const sessionId = await this.sessions.createSession(userId, device, passwordHash);
      if (!sessionId) return null;
      return this.tokens.issueTokenPair(await this.insertToken(userId, sessionId, randomBytes(32).toString('base64url')));
    });
  }

  /**
   * Exchanges an unused token for the next pair, and answers the latest used one with the same pair for ten seconds, while the next token
   * is unused. Any other use of a used token ends the session. @throws TokenInvalid, SessionInvalid
   */
  async refreshTokens(token: string): Promise<TokenPairView> {
    const issued = await this.transactions.run(async () => {
      const next = createHmac('sha256', this.key).update(token).digest('base64url');
      const state = await this.lockToken(token, next);
      if (!state.valid) throw new SessionInvalid();
      if (!state.used) return this.replaceToken(state, token, next);
      if (state.repeatable) return { ...state, refreshToken: next, issuedAt: state.repeatable };
      await this.sessions.endSession(state.userId, state.sessionId, 'revoked');
      return null;
    });
    // After the commit: a rollback would keep the stolen session.
    if (!issued) throw new SessionInvalid();
    return this.tokens.issueTokenPair(issued);
  }

  private async lockToken(token: string, next: string): Promise<TokenState> {
    const hash = hashOf(token);
    // Locks the session first: a concurrent refresh waits here, and then reads the result of this one.
    await this.transactions.query(
      `SELECT 1 FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR NO KEY UPDATE`,
      [hash],
    );
    const [state] = await this.transactions.query<TokenState>(
      `SELECT s.user_id AS "userId", s.id AS "sessionId", rt.used_at IS NOT NULL AS used,
         s.ended_at IS NULL AND s.expires_at > now() AND ${isActiveSql('u')} AS valid,
         CASE WHEN rt.used_at > clock_timestamp() - ${GRACE} AND next.used_at IS NULL THEN next.created_at END AS repeatable
       FROM refresh_tokens rt JOIN sessions s ON s.id = rt.session_id JOIN users u ON u.id = s.user_id
         LEFT JOIN refresh_tokens next ON next.token_hash = $2
       WHERE rt.token_hash = $1`,
      [hash, hashOf(next)],
    );
    if (!state) throw new TokenInvalid();
    return state;
  }

  private async replaceToken({ userId, sessionId }: TokenState, token: string, next: string): Promise<IssuedRefresh> {
    await this.transactions.manager.update(RefreshToken, { tokenHash: hashOf(token) }, { usedAt: () => 'clock_timestamp()' });
    await this.transactions.query(
      `UPDATE sessions SET last_used_at = now(), expires_at = now() + make_interval(days => $2) WHERE id = $1`,
      [sessionId, this.settings.auth.refreshDays],
    );
    return this.insertToken(userId, sessionId, next);
  }

  private async insertToken(userId: string, sessionId: string, refreshToken: string): Promise<IssuedRefresh> {
    // The clock of this process, which also issues and verifies access tokens.
    const issuedAt = new Date();
    await this.transactions.manager.insert(RefreshToken, { tokenHash: hashOf(refreshToken), sessionId, createdAt: issuedAt });
    return { userId, sessionId, refreshToken, issuedAt };
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
