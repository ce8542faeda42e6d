import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { Sessions } from '../auth/sessions.service.js';
import { Transactions } from '../database/transactions.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import type { UserView } from '../users/user.view.js';
import { UsersService } from '../users/users.service.js';
import { AccountDeletion } from './account-deletion.service.js';
import { NotYourself } from './accounts.errors.js';
import type { DeletedAccountMessages } from './dto/delete-account.dto.js';

/** The end of an account, its rest, and its waking. */
@Injectable()
export class AccountLifecycle {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersService,
    private readonly accounts: UserAccounts,
    private readonly sessions: Sessions,
    private readonly accountRooms: AccountRooms,
    private readonly deletion: AccountDeletion,
  ) {}

  /**
   * Name, picture, logins, sessions and ownerships are gone when it is answered; seats, friends and, for `erase`, messages follow by a job.
   * @throws UserNotFound when it is gone already
   */
  deleteMe(userId: string, messages: DeletedAccountMessages): Promise<void> {
    return this.after(
      (place) => this.accountRooms.transferOnDeletion(userId, place),
      async () => {
        await this.accounts.markUserDeleted(userId);
        await this.sessions.endAll(userId, 'deactivated');
        await this.deletion.enqueueDeletion(userId, messages);
      },
    );
  }

  /** The same for somebody else's. @throws Forbidden not_admin, UserNotFound */
  async deleteUser(admin: Actor, userId: string, messages: DeletedAccountMessages): Promise<void> {
    requireAdmin(admin);
    await this.deleteMe(userId, messages);
  }

  /** Nobody is logged in as them, finds or reaches them, until they are woken. @throws Forbidden not_admin, NotYourself, UserNotFound */
  async deactivateUser(admin: Actor, userId: string): Promise<UserView> {
    requireAdmin(admin);
    if (admin.userId === userId) throw new NotYourself();
    await this.after(
      (place) => this.accountRooms.transferOnDeactivation(userId, place),
      async () => {
        if (await this.accounts.setDeactivated(userId, true)) await this.sessions.endAll(userId, 'deactivated');
      },
    );
    return this.users.getUser(userId);
  }

  /** @throws Forbidden not_admin, UserNotFound */
  async activateUser(admin: Actor, userId: string): Promise<UserView> {
    requireAdmin(admin);
    await this.after(
      (place) => this.accountRooms.reclaimOwnership(userId, place),
      async () => void (await this.accounts.setDeactivated(userId, false)),
    );
    return this.users.getUser(userId);
  }

  /**
   * Takes the steps over somebody's rooms, and does `last` in the transaction of the last one. Then the steps once more: what was handed to
   * them while they were going. Once they are gone nobody hands them anything.
   */
  private async after(step: (place: string | null) => Promise<string | null>, last: () => Promise<void>): Promise<void> {
    await this.steps(step, last);
    await this.steps(step);
  }

  /** One transaction each; usually there is one. */
  private async steps(step: (place: string | null) => Promise<string | null>, last?: () => Promise<void>): Promise<void> {
    let place: string | null = null;
    do {
      const from: string | null = place;
      place = await this.transactions.run(async () => {
        const next = await step(from);
        if (next === null) await last?.();
        return next;
      });
    } while (place !== null);
  }
}

function requireAdmin({ admin }: Actor): void {
  if (!admin) throw new Forbidden('not_admin');
}
