import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Transactions } from '../database/transactions.js';
import { MediaRepository } from '../media/media.repository.js';
import { UserAccounts } from '../users/user-accounts.service.js';
import type { MeView } from '../users/user.view.js';
import { UsersService } from '../users/users.service.js';
import type { UpdateMeDto } from './dto/accounts.dto.js';

@Injectable()
export class ProfileService {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersService,
    private readonly accounts: UserAccounts,
    private readonly media: MediaRepository,
  ) {}

  /** @throws UserNotFound, AvatarNotUsable */
  updateMe(actor: Actor, dto: UpdateMeDto): Promise<MeView> {
    return this.transactions.run(async () => {
      await this.accounts.updateProfile(actor.userId, dto);
      if (dto.avatarMediaId) await this.media.attachAvatar(actor.userId, dto.avatarMediaId);
      return this.users.getMe(actor);
    });
  }
}
