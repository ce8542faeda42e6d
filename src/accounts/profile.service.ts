import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { Avatars } from '../media/avatars.service.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import type { MeView } from '../users/user.view.js';
import { UsersService } from '../users/users.service.js';
import type { EditMeDto } from './dto/edit-me.dto.js';

/** What a person says of themselves. */
@Injectable()
export class Profile {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersService,
    private readonly accounts: UserAccounts,
    private readonly avatars: Avatars,
  ) {}

  /** @throws AvatarNotUsable */
  edit(actor: Actor, dto: EditMeDto): Promise<MeView> {
    return this.transactions.run(async () => {
      await this.accounts.edit(actor.userId, dto);
      if (dto.avatarMediaId) await this.avatars.attach(actor.userId, dto.avatarMediaId);
      return this.users.me(actor);
    });
  }
}
