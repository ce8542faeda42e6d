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
import { SessionInvalid } from '../users/users.errors.js';
import { SessionNotFound } from './auth.errors.js';
import { SessionEnded, SESSIONS_CHANNEL } from './auth.events.js';
import type { SessionView } from './auth.view.js';
import type { Device } from './device.types.js';
import type { SessionEndReason } from './session.entity.js';

/** Sessions named in one notification: Postgres takes less than 8,000 bytes. */
const TOLD_AT_ONCE = 100;

export interface SessionState {
  readonly userId: string;
  readonly admin: boolean;
  /** Neither removed nor deactivated. */
  readonly live: boolean;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
  /** Last marked as used more than a minute ago. */
  readonly stale: boolean;
}

/** The devices of people: opened, looked up at every request, listed, ended. */
@Injectable()
export class Sessions {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: DomainEvents,
    private readonly credentials: Credentials,
    private readonly settings: Settings,
  ) {}

  /**
   * A new session in the caller's transaction; null when the person is not live any more, or `passwordHash`, which proved them, is not
   * theirs any more. Beyond the bound of one person the longest unused ones end.
   */
  async createSession(userId: string, device: Device, passwordHash?: string): Promise<string | null> {
    if (!(await this.credentials.lockCredential(userId, passwordHash))) return null;
    const { refreshDays, sessionsPerUser } = this.settings.auth;
    await this.end(
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

  /** What is true of it now; null: there never was one, or it was swept. */
  async state(sessionId: string): Promise<SessionState | null> {
    const [state] = await this.transactions.queryPrepared<SessionState>(
      `SELECT s.user_id AS "userId", u.admin, u.deleted_at IS NULL AND u.deactivated_at IS NULL AS live,
         s.ended_at AS "endedAt", s.expires_at AS "expiresAt", s.last_used_at < now() - interval '1 minute' AS stale
       FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`,
      [sessionId],
    );
    return state ?? null;
  }

  /** A session that still runs, of a live person; notes that it is in use. @throws SessionInvalid */
  async requireSession(sessionId: string, userId: string): Promise<SessionState> {
    const state = await this.state(sessionId);
    if (!state || state.userId !== userId || !state.live || state.endedAt || state.expiresAt <= new Date()) throw new SessionInvalid();
    if (state.stale) await this.touch(sessionId);
    return state;
  }

  /** Notes that it is in use. Waits for nobody: who holds the row is using or ending it. */
  async touch(sessionId: string): Promise<void> {
    await this.transactions.query(
      `UPDATE sessions SET last_used_at = now() WHERE id = (SELECT id FROM sessions WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)`,
      [sessionId],
    );
  }

  async listSessions(actor: Actor, { limit, cursor }: PageQuery): Promise<Page<SessionView>> {
    const [before] = cursor ? decodeCursor(cursor, ['id']) : [null];
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

  /** @throws SessionNotFound also when it is somebody else's, or has ended already. */
  async endSession(userId: string, sessionId: string, reason: SessionEndReason): Promise<void> {
    await this.transactions.run(async () => {
      if ((await this.end(userId, reason, `id = $3`, [sessionId])) === 0) throw new SessionNotFound();
    });
  }

  /** Every session of the person, but perhaps one. */
  async endAll(userId: string, reason: SessionEndReason, except: string | null = null): Promise<void> {
    await this.transactions.run(() => this.end(userId, reason, `id IS DISTINCT FROM $3::uuid`, [except]));
  }

  /** Keeps nothing of where an account that is gone was used. */
  async deleteSessions(userId: string): Promise<void> {
    await this.transactions.query(`DELETE FROM sessions WHERE user_id = $1`, [userId]);
  }

  /** Ends what has expired, so that its sockets close; forgets what ended so long ago that no token can name it. */
  async expireSessions(): Promise<void> {
    const expired = await this.transactions.query<{ user_id: string }>(
      `SELECT DISTINCT user_id FROM sessions WHERE expires_at < now() AND ended_at IS NULL AND NOT external LIMIT 1000`,
    );
    for (const { user_id: userId } of expired) {
      await this.transactions.run(() => this.end(userId, 'expired', `expires_at < now() AND NOT external`));
    }
    // Of another service's session the row is all that refuses its older tokens, and nobody here knows how long those live.
    await this.transactions.query(
      `DELETE FROM sessions WHERE expires_at < now() - make_interval(days => 1)
         AND (CASE WHEN NOT external THEN ended_at IS NOT NULL WHEN ended_at IS NULL THEN true ELSE ended_at < now() - interval '1 year' END)`,
    );
    await this.transactions.query(`DELETE FROM refresh_tokens WHERE used_at < now() - make_interval(days => $1)`, [
      this.settings.auth.refreshDays,
    ]);
  }

  /** In the caller's transaction: locks the sessions by id, ends them, and tells every process. `condition` counts from $3. */
  private async end(userId: string, reason: SessionEndReason, condition: string, parameters: unknown[] = []): Promise<number> {
    const rows = await this.transactions.query<{ id: string }>(
      `UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2 WHERE id IN (
         SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND ${condition} ORDER BY id FOR UPDATE) RETURNING id`,
      [userId, reason, ...parameters],
    );
    const ids = rows.map((row) => row.id);
    for (const some of chunks(ids, TOLD_AT_ONCE)) {
      const event = new SessionEnded(some, userId, reason);
      await this.transactions.query(`SELECT pg_notify($1, $2)`, [SESSIONS_CHANNEL, JSON.stringify(event)]);
      this.events.publish(event);
    }
    return ids.length;
  }
}
