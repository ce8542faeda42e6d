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
import type { DeletedAccountMessages } from './dto/accounts.dto.js';

/** Handles some rooms past the room `after`; returns the last of them, or null when no more are left. */
type RoomStep = (after: string | null) => Promise<string | null>;

/** Deletion, deactivation and activation of accounts. */
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
   * Deletes the account. Name, picture, sessions and ownerships are removed before the answer; memberships, friends and, for `erase`,
   * messages by a job. @throws UserNotFound when it is deleted already
   */
  deleteMe(userId: string, messages: DeletedAccountMessages): Promise<void> {
    return this.afterRooms(
      (after) => this.accountRooms.transferOnDeletion(userId, after),
      async () => {
        await this.accounts.markUserDeleted(userId);
        await this.sessions.endAll(userId, 'deactivated');
        await this.deletion.enqueueDeletion(userId, messages);
      },
    );
  }

  /** {@link deleteMe} by a platform admin. @throws Forbidden not_admin, UserNotFound */
  async deleteUser(admin: Actor, userId: string, messages: DeletedAccountMessages): Promise<void> {
    requireAdmin(admin);
    await this.deleteMe(userId, messages);
  }

  /** Ends the sessions and hides the account until it is activated. @throws Forbidden not_admin, NotYourself, UserNotFound */
  async deactivateUser(admin: Actor, userId: string): Promise<UserView> {
    requireAdmin(admin);
    if (admin.userId === userId) throw new NotYourself();
    await this.afterRooms(
      (after) => this.accountRooms.transferOnDeactivation(userId, after),
      async () => {
        if (await this.accounts.setDeactivated(userId, true)) await this.sessions.endAll(userId, 'deactivated');
      },
    );
    return this.users.getUser(userId);
  }

  /** @throws Forbidden not_admin, UserNotFound */
  async activateUser(admin: Actor, userId: string): Promise<UserView> {
    requireAdmin(admin);
    await this.afterRooms(
      (after) => this.accountRooms.reclaimOwnership(userId, after),
      async () => void (await this.accounts.setDeactivated(userId, false)),
    );
    return this.users.getUser(userId);
  }

  /**
   * Runs `step` for all rooms of the user, and `last` in the transaction of the last step. Then runs the steps again, for rooms that the
   * user received meanwhile; after `last` the user receives no more.
   */
  private async afterRooms(step: RoomStep, last: () => Promise<void>): Promise<void> {
    await this.runSteps(step, last);
    await this.runSteps(step);
  }

  /** Runs each step in a transaction; most users need one. */
  private async runSteps(step: RoomStep, last?: () => Promise<void>): Promise<void> {
    let room: string | null = null;
    do {
      const after: string | null = room;
      room = await this.transactions.run(async () => {
        const next = await step(after);
        if (next === null) await last?.();
        return next;
      });
    } while (room !== null);
  }
}

function requireAdmin({ admin }: Actor): void {
  if (!admin) throw new Forbidden('not_admin');
}
