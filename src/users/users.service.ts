import { Injectable } from '@nestjs/common';
import { In, IsNull, type Repository } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { User } from './user.entity.js';
import { UserNotFound } from './users.errors.js';

const LIVE = { deletedAt: IsNull(), deactivatedAt: IsNull() };

/** People as rows. "Live" is who is neither removed nor deactivated. */
@Injectable()
export class UsersService {
  constructor(private readonly transactions: Transactions) {}

  /** The live person. @throws UserNotFound */
  async require(userId: string): Promise<User> {
    const user = await this.rows.findOneBy({ id: userId, ...LIVE });
    if (!user) throw new UserNotFound();
    return user;
  }

  /** Those of the people who are live, in no order. */
  find(userIds: readonly string[]): Promise<User[]> {
    return this.rows.findBy({ id: In([...userIds]), ...LIVE });
  }

  private get rows(): Repository<User> {
    return this.transactions.manager.getRepository(User);
  }
}
