import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { DomainEvents } from '../events/domain-events.js';
import type { Privacy } from './privacy.types.js';
import { ACTIVE, User } from './user.entity.js';
import { UserHeads } from './user-heads.service.js';
import { deletedSubject, deletedUsername } from './user.policy.js';
import { UserNotFound } from './users.errors.js';
import { MeChanged, UserChanged } from './users.events.js';

/** A field that is left out stays; null clears it. */
export interface ProfileChange {
  readonly displayName?: string | null;
  readonly avatarMediaId?: string | null;
  readonly privacy?: Partial<Privacy>;
}

/** Changes of a user's row, with their events. Every method expects the caller's transaction, and locks the user head, then the row. */
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
    await this.updateActive(userId, columns);
    if (displayName !== undefined || avatarMediaId !== undefined) this.events.publish(new UserChanged(userId));
  }

  /** @throws UserNotFound unless the user is active */
  async makePlatformAdmin(userId: string): Promise<void> {
    await this.updateActive(userId, { admin: true });
  }

  private async updateActive(userId: string, columns: Partial<User>): Promise<void> {
    const my = await this.heads.nextNumber(userId);
    const { affected } = await this.transactions.manager.update(User, { id: userId, ...ACTIVE }, columns);
    if (!affected) throw new UserNotFound();
    this.events.publish(new MeChanged(userId, my));
  }

  /**
   * Removes name, picture, password and admin rights. The row stays for the messages and rooms that name it, with a hash of the external
   * identity, so that a later token of that identity finds the deleted user. @throws UserNotFound when the account is deleted already
   */
  async markUserDeleted(userId: string): Promise<void> {
    await this.heads.lock([userId]);
    const user = await this.transactions.manager.findOne(User, {
      select: { id: true, externalSubject: true },
      where: { id: userId, deletedAt: IsNull() },
      lock: { mode: 'for_no_key_update' },
    });
    if (!user) throw new UserNotFound();
    await this.transactions.manager.update(User, userId, {
      deletedAt: () => 'clock_timestamp()',
      username: deletedUsername(randomBytes(12).toString('hex')),
      ...{ displayName: null, avatarMediaId: null, passwordHash: null, admin: false },
      externalSubject: user.externalSubject === null ? null : deletedSubject(user.externalSubject),
    });
    this.events.publish(new UserChanged(userId));
  }

  /** Deactivates or activates the account. Returns false if nothing changed. @throws UserNotFound for a deleted account */
  async setDeactivated(userId: string, deactivated: boolean): Promise<boolean> {
    await this.heads.lock([userId]);
    const { affected } = await this.transactions.manager.update(
      User,
      { id: userId, deletedAt: IsNull(), deactivatedAt: deactivated ? IsNull() : Not(IsNull()) },
      { deactivatedAt: deactivated ? () => 'clock_timestamp()' : null },
    );
    if (affected) return true;
    if (!(await this.transactions.manager.existsBy(User, { id: userId, deletedAt: IsNull() }))) throw new UserNotFound();
    return false;
  }
}
