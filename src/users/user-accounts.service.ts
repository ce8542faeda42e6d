import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import type { Privacy } from './privacy.types.js';
import { User } from './user.entity.js';
import { UserHeads } from './user-heads.service.js';
import { deletedSubject, deletedUsername } from './user.policy.js';
import { UserNotFound } from './users.errors.js';
import { MeChanged, UserChanged } from './users.events.js';

/** What is left out stays; null clears. */
export interface ProfileChange {
  readonly displayName?: string | null;
  readonly avatarMediaId?: string | null;
  readonly privacy?: Partial<Privacy>;
}

/**
 * What changes of a person's own row, and tells. Every method expects the caller's transaction, after any head of a room, and locks the
 * person's head, then the row.
 */
@Injectable()
export class UserAccounts {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
    private readonly events: DomainEvents,
  ) {}

  /** @throws UserNotFound */
  async updateProfile(userId: string, { displayName, avatarMediaId, privacy }: ProfileChange): Promise<void> {
    const columns = Object.fromEntries(
      Object.entries({ displayName, avatarMediaId, ...privacy }).filter(([, value]) => value !== undefined),
    );
    if (Object.keys(columns).length === 0) return;
    const my = await this.heads.nextNumbers([userId]);
    const live = { id: userId, deletedAt: IsNull(), deactivatedAt: IsNull() };
    const { affected } = await this.transactions.manager.update(User, live, columns);
    if (!affected) throw new UserNotFound();
    this.events.publish(new MeChanged(userId, my.get(userId) ?? 0));
    if (displayName !== undefined || avatarMediaId !== undefined) this.events.publish(new UserChanged(userId));
  }

  /**
   * Takes away the name, the picture and every way to log in. The row stays for what still names it, and so does a mark of an identity at
   * another service, by which it is known again. @throws UserNotFound when it has gone already
   */
  async markUserDeleted(userId: string): Promise<void> {
    await this.heads.lock([userId]);
    const [row] = await this.transactions.query<{ external_subject: string | null }>(
      `SELECT external_subject FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
      [userId],
    );
    if (!row) throw new UserNotFound();
    await this.transactions.query(
      `UPDATE users SET deleted_at = clock_timestamp(), username = $2, display_name = NULL, avatar_media_id = NULL, password_hash = NULL,
         external_subject = $3, admin = false WHERE id = $1`,
      [
        userId,
        deletedUsername(randomBytes(12).toString('hex')),
        row.external_subject === null ? null : deletedSubject(row.external_subject),
      ],
    );
    this.events.publish(new UserChanged(userId));
  }

  /** Puts the account to rest, or wakes it. Whether that changed anything. @throws UserNotFound when it is removed, or never was */
  async setDeactivated(userId: string, resting: boolean): Promise<boolean> {
    await this.heads.lock([userId]);
    const [row] = await this.transactions.query<{ resting: boolean }>(
      `SELECT deactivated_at IS NOT NULL AS resting FROM users WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
      [userId],
    );
    if (!row) throw new UserNotFound();
    if (row.resting === resting) return false;
    await this.transactions.query(`UPDATE users SET deactivated_at = CASE WHEN $2 THEN clock_timestamp() END WHERE id = $1`, [
      userId,
      resting,
    ]);
    return true;
  }

  /** Makes a live person a platform admin. @throws UserNotFound */
  async makePlatformAdmin(userId: string): Promise<void> {
    const my = await this.heads.nextNumbers([userId]);
    const rows = await this.transactions.query(
      `UPDATE users SET admin = true WHERE id = $1 AND deleted_at IS NULL AND deactivated_at IS NULL RETURNING 1`,
      [userId],
    );
    if (rows.length === 0) throw new UserNotFound();
    this.events.publish(new MeChanged(userId, my.get(userId) ?? 0));
  }
}
