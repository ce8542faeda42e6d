import { Injectable } from '@nestjs/common';
import { chunks } from '../common/chunks.js';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { decodeCursor, type Page, pageOf, type PageQuery } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { timeJson } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import { Credentials } from '../users/credentials.service.js';
import { isActiveSql } from '../users/user.view.js';
import { SessionInvalid } from '../users/users.errors.js';
import { SessionNotFound } from './auth.errors.js';
import { SessionEnded, SESSIONS_CHANNEL } from './auth.events.js';
import type { SessionView } from './auth.view.js';
import { Session, type SessionEndReason } from './session.entity.js';
import type { Device } from './session.types.js';

/** Session ids in one notification: Postgres accepts less than 8,000 bytes. */
const IDS_PER_NOTIFICATION = 100;

export interface SessionState {
  readonly userId: string;
  readonly admin: boolean;
  /** The user is active. */
  readonly active: boolean;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  /** Last marked as used more than a minute ago. */
  readonly stale: boolean;
}

@Injectable()
export class Sessions {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: DomainEvents,
    private readonly credentials: Credentials,
    private readonly settings: Settings,
  ) {}

  /**
   * Creates a session in the caller's transaction. Returns null when the user is not active any more, or `passwordHash` is not the
   * password any more. Past the maximum number of sessions ends those that were unused for longest.
   */
  async createSession(userId: string, device: Device, passwordHash?: string): Promise<string | null> {
    if (!(await this.credentials.lockCredential(userId, passwordHash))) return null;
    const { refreshDays, sessionsPerUser } = this.settings.auth;
    await this.endWhere(
      userId,
      'revoked',
      `id IN (SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY last_used_at DESC, id DESC OFFSET $3)`,
      [sessionsPerUser - 1],
    );
    const id = newId();
    await this.transactions.query(
      `INSERT INTO sessions (id, user_id, user_agent, ip, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))`,
      [id, userId, device.userAgent, device.ip, refreshDays],
    );
    return id;
  }

  /**
   * Creates the session of another service's token, or notes that it is in use. Starts an ended one anew if it ended before the token was
   * issued; returns false otherwise.
   */
  async upsertExternalSession(id: string, userId: string, { userAgent, ip }: Device, issuedAt: Date, expiresAt: Date): Promise<boolean> {
    const rows = await this.transactions.query(
      `INSERT INTO sessions AS s (id, user_id, external, user_agent, ip, expires_at) VALUES ($1, $2, true, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET last_used_at = now(), expires_at = greatest(s.expires_at, excluded.expires_at),
         created_at = CASE WHEN s.ended_at IS NULL THEN s.created_at ELSE now() END, ended_at = NULL, end_reason = NULL,
         user_agent = coalesce(excluded.user_agent, s.user_agent), ip = coalesce(excluded.ip, s.ip)
       WHERE s.ended_at IS NULL OR s.ended_at < $6 RETURNING 1`,
      [id, userId, userAgent, ip, expiresAt, issuedAt],
    );
    return rows.length > 0;
  }

  /** Returns null for a session that never was, or whose row was deleted after its end. */
  async findSessionState(sessionId: string): Promise<SessionState | null> {
    const [state] = await this.transactions.queryPrepared<SessionState>(
      `SELECT s.user_id AS "userId", u.admin, ${isActiveSql('u')} AS active,
         s.ended_at AS "endedAt", s.expires_at AS "expiresAt", s.last_used_at < now() - interval '1 minute' AS stale
       FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`,
      [sessionId],
    );
    return state ?? null;
  }

  /** Returns a valid session of an active user, and notes that it is in use. @throws SessionInvalid */
  async requireSession(sessionId: string, userId: string): Promise<SessionState> {
    const state = await this.findSessionState(sessionId);
    if (!state || state.userId !== userId || !state.active || state.endedAt || state.expiresAt <= new Date()) throw new SessionInvalid();
    if (state.stale) await this.updateLastUsed(sessionId);
    return state;
  }

  private async updateLastUsed(sessionId: string): Promise<void> {
    // Skips a locked row: its transaction uses or ends the session too.
    await this.transactions.query(
      `UPDATE sessions SET last_used_at = now() WHERE id = (SELECT id FROM sessions WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)`,
      [sessionId],
    );
  }

  async listSessions(actor: Actor, { limit, cursor }: PageQuery): Promise<Page<SessionView>> {
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<SessionView>(
      `SELECT id, id = $2 AS current, user_agent AS "userAgent", ip,
         ${timeJson('created_at')} AS "createdAt", ${timeJson('last_used_at')} AS "lastUsedAt"
       FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > now() AND ($3::uuid IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [actor.userId, actor.sessionId, before, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => [row.id],
      (row) => row,
    );
  }

  /** @throws SessionNotFound, also for a session of another user and for one that has ended */
  async endSession(userId: string, sessionId: string, reason: SessionEndReason): Promise<void> {
    await this.transactions.run(async () => {
      if ((await this.endWhere(userId, reason, `id = $3`, [sessionId])) === 0) throw new SessionNotFound();
    });
  }

  /** Ends every session of the user, except `except`. */
  async endAll(userId: string, reason: SessionEndReason, except: string | null = null): Promise<void> {
    await this.transactions.run(() => this.endWhere(userId, reason, `id IS DISTINCT FROM $3::uuid`, [except]));
  }

  /** Deletes the rows of a deleted user's sessions, and the devices in them. */
  async deleteSessions(userId: string): Promise<void> {
    await this.transactions.manager.delete(Session, { userId });
  }

  /** Ends expired sessions, so that their sockets close, and deletes the rows that no token can name any more. */
  async expireSessions(): Promise<void> {
    const expired = await this.transactions.query<{ user_id: string }>(
      `SELECT DISTINCT user_id FROM sessions WHERE expires_at < now() AND ended_at IS NULL AND NOT external LIMIT 1000`,
    );
    for (const { user_id: userId } of expired) {
      await this.transactions.run(() => this.endWhere(userId, 'expired', `expires_at < now() AND NOT external`));
    }
    // The row of an ended external session is all that refuses its older tokens, whose lifetime this server does not know.
    await this.transactions.query(
      `DELETE FROM sessions WHERE expires_at < now() - make_interval(days => 1)
         AND (CASE WHEN NOT external THEN ended_at IS NOT NULL WHEN ended_at IS NULL THEN true ELSE ended_at < now() - interval '1 year' END)`,
    );
    await this.transactions.query(`DELETE FROM refresh_tokens WHERE used_at < now() - make_interval(days => $1)`, [
      this.settings.auth.refreshDays,
    ]);
  }

  /** Ends the matching sessions, locked by id, in the caller's transaction, and notifies every process. `condition` counts from $3. */
  private async endWhere(userId: string, reason: SessionEndReason, condition: string, parameters: unknown[] = []): Promise<number> {
    const rows = await this.transactions.query<{ id: string }>(
      `UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2 WHERE id IN (
         SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND ${condition} ORDER BY id FOR UPDATE) RETURNING id`,
      [userId, reason, ...parameters],
    );
    for (const sessionIds of chunks(
      rows.map(({ id }) => id),
      IDS_PER_NOTIFICATION,
    )) {
      const event = new SessionEnded(sessionIds, userId, reason);
      await this.transactions.query(`SELECT pg_notify($1, $2)`, [SESSIONS_CHANNEL, JSON.stringify(event)]);
      this.events.publish(event);
    }
    return rows.length;
  }
}
