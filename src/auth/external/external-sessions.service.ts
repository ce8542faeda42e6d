import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { codePoints, isStorable } from '../../common/text.js';
import { Transactions } from '../../database/transactions.js';
import { Credentials } from '../../users/credentials.service.js';
import { isReservedUsername, isUsername, MAX_DISPLAY_NAME } from '../../users/user.policy.js';
import { SessionInvalid } from '../../users/users.errors.js';
import { UsersService } from '../../users/users.service.js';
import type { Device } from '../device.types.js';
import { Sessions } from '../sessions.service.js';

export interface ExternalSession {
  /** Follows from issuer, subject and session of the token. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** What the token tells of the person, as it came. */
  readonly profile: { readonly username: unknown; readonly name: unknown };
}

/** Names tried until one is free. */
const ATTEMPTS = 10;

/** People and sessions that another service knows, as rows here: listed and ended like all others. */
@Injectable()
export class ExternalSessions {
  constructor(
    private readonly transactions: Transactions,
    private readonly sessions: Sessions,
    private readonly users: UsersService,
    private readonly credentials: Credentials,
  ) {}

  /**
   * Who the session belongs to. The first sight of a subject makes the person, that of a session its row; a token issued after the session
   * ended opens it anew. @throws SessionInvalid
   */
  async upsertExternalSession(session: ExternalSession, device: Device): Promise<{ userId: string; admin: boolean }> {
    const known = await this.sessions.state(session.id);
    if (known && !known.live) throw new SessionInvalid();
    if (known && !known.endedAt && !known.stale && known.expiresAt >= session.expiresAt) return known;
    if (known?.endedAt && known.endedAt >= session.issuedAt) throw new SessionInvalid();
    const userId = known?.userId ?? (await this.person(session));
    await this.transactions.run(() => this.keep(userId, session, device));
    const { admin } = await this.users.requireActiveUser(userId);
    return { userId, admin };
  }

  private async keep(userId: string, { id, issuedAt, expiresAt }: ExternalSession, { userAgent, ip }: Device): Promise<void> {
    if (!(await this.credentials.lockCredential(userId))) throw new SessionInvalid();
    const rows = await this.transactions.query(
      `INSERT INTO sessions AS s (id, user_id, external, user_agent, ip, expires_at) VALUES ($1, $2, true, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET last_used_at = now(), expires_at = greatest(s.expires_at, excluded.expires_at),
         created_at = CASE WHEN s.ended_at IS NULL THEN s.created_at ELSE now() END, ended_at = NULL, end_reason = NULL,
         user_agent = coalesce(excluded.user_agent, s.user_agent), ip = coalesce(excluded.ip, s.ip)
       WHERE s.ended_at IS NULL OR s.ended_at < $6 RETURNING 1`,
      [id, userId, userAgent, ip, expiresAt, issuedAt],
    );
    if (rows.length === 0) throw new SessionInvalid();
  }

  /** The id of the subject's person, made when there is none. Of two that make it at once, one makes and the other finds. */
  private async person({ issuer, subject, profile }: ExternalSession): Promise<string> {
    const wished = usernameFrom(profile.username);
    const displayName = displayNameFrom(profile.name);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.credentials.findUserIdBySubject(issuer, subject);
      if (found) return found;
      const username = attempt === 0 && wished.length >= 3 && !isReservedUsername(wished) ? wished : withSuffix(wished);
      const made = await this.users.createUser({ username, displayName, external: { issuer, subject } });
      if (made) return made.id;
    }
    throw new Error('no free username was found');
  }
}

const MAX_BASE = 24;

/** What of a claim may stand in a username: of an address the part before the @. */
function usernameFrom(claim: unknown): string {
  const word = typeof claim === 'string' ? claim.slice(0, 255).replace(/@.*$/s, '').normalize('NFKD').toLowerCase() : '';
  return word.replaceAll(/[^a-z0-9_.-]/g, '').slice(0, MAX_BASE);
}

function withSuffix(base: string): string {
  const name = `${base || 'user'}-${randomBytes(3).toString('hex')}`;
  return isUsername(name) && !isReservedUsername(name) ? name : `user-${randomBytes(6).toString('hex')}`;
}

const displayNameFrom = (claim: unknown): string | null =>
  typeof claim === 'string' && claim.trim() !== '' && isStorable(claim) && codePoints(claim) <= MAX_DISPLAY_NAME ? claim : null;
