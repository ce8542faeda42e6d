import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Forbidden } from '../common/domain-error.js';
import { Sessions } from '../auth/sessions.service.js';
import { Transactions } from '../database/transactions.js';
import { AccountRooms } from '../rooms/account-rooms.service.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import type { UserView } from '../users/user.view.js';
import { UsersService } from '../users/users.service.js';
import { AccountRemoval } from './account-removal.service.js';
import { NotOneself } from './accounts.errors.js';
import type { MessagesOfTheGone } from './dto/remove-account.dto.js';

/** The end of an account, its rest, and its waking. */
@Injectable()
export class AccountEndings {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersService,
    private readonly accounts: UserAccounts,
    private readonly sessions: Sessions,
    private readonly rooms: AccountRooms,
    private readonly removal: AccountRemoval,
  ) {}

  /**
   * Name, picture, logins, sessions and ownerships are gone when it is answered; seats, friends and, for `erase`, messages follow by a job.
   * @throws UserNotFound when it is gone already
   */
  remove(userId: string, messages: MessagesOfTheGone): Promise<void> {
    return this.after(
      (place) => this.rooms.abandon(userId, place),
      async () => {
        await this.accounts.close(userId);
        await this.sessions.endAll(userId, 'deactivated');
        await this.removal.begin(userId, messages);
      },
    );
  }

  /** The same for somebody else's. @throws Forbidden not_admin, UserNotFound */
  async removeAs(admin: Actor, userId: string, messages: MessagesOfTheGone): Promise<void> {
    demandAdmin(admin);
    await this.remove(userId, messages);
  }

  /** Nobody is logged in as them, finds or reaches them, until they are woken. @throws Forbidden not_admin, NotOneself, UserNotFound */
  async deactivate(admin: Actor, userId: string): Promise<UserView> {
    demandAdmin(admin);
    if (admin.userId === userId) throw new NotOneself();
    await this.after(
      (place) => this.rooms.handOver(userId, place),
      async () => {
        if (await this.accounts.rest(userId, true)) await this.sessions.endAll(userId, 'deactivated');
      },
    );
    return this.users.view(userId);
  }

  /** @throws Forbidden not_admin, UserNotFound */
  async activate(admin: Actor, userId: string): Promise<UserView> {
    demandAdmin(admin);
    await this.after(
      (place) => this.rooms.takeOver(userId, place),
      async () => void (await this.accounts.rest(userId, false)),
    );
    return this.users.view(userId);
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

function demandAdmin({ admin }: Actor): void {
  if (!admin) throw new Forbidden('not_admin');
}
