import { Injectable } from '@nestjs/common';
import { In, IsNull, type Repository } from 'typeorm';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { User } from './user.entity.js';
import { UserHeads } from './user-heads.service.js';
import { meViewOf, type MeView, userViewOf, type UserView } from './user.view.js';
import { UserNotFound } from './users.errors.js';

const LIVE = { deletedAt: IsNull(), deactivatedAt: IsNull() };

export interface NewUser {
  /** Lower case, well-formed. */
  readonly username: string;
  readonly displayName: string | null;
  readonly passwordHash?: string;
  /** Who they are at another service. */
  readonly external?: { readonly issuer: string; readonly subject: string };
}

/** People as rows. "Live" is who is neither removed nor deactivated. */
@Injectable()
export class UsersService {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
    private readonly settings: Settings,
  ) {}

  /** The live person. @throws UserNotFound */
  async requireActiveUser(userId: string): Promise<User> {
    const user = await this.rows.findOneBy({ id: userId, ...LIVE });
    if (!user) throw new UserNotFound();
    return user;
  }

  /** Those of the people who are live, in no order. */
  findActiveUsers(userIds: readonly string[]): Promise<User[]> {
    return this.rows.findBy({ id: In([...userIds]), ...LIVE });
  }

  async getMe(actor: Actor): Promise<MeView> {
    // The number first: what changes between the two reads comes again as an event.
    const my = await this.heads.current(actor.userId);
    return meViewOf(await this.requireActiveUser(actor.userId), my);
  }

  /** Anybody who ever was: messages go on naming people who are gone. @throws UserNotFound */
  async getUser(userId: string): Promise<UserView> {
    const user = await this.rows.findOneBy({ id: userId });
    if (!user) throw new UserNotFound();
    return userViewOf(user);
  }

  /** Makes a person, with the privacy of the settings; null when the username or the external identity is somebody's. */
  createUser({ username, displayName, passwordHash, external }: NewUser): Promise<User | null> {
    const { friendRequests, directMessages, groupInvites, presence, readReceipts } = this.settings.privacyDefaults;
    return this.transactions.run(async () => {
      const id = newId();
      const made = await this.transactions.query(
        `INSERT INTO users (id, username, display_name, password_hash, external_issuer, external_subject,
           friend_requests, direct_messages, group_invites, presence, read_receipts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING 1`,
        [
          ...[id, username, displayName, passwordHash ?? null, external?.issuer ?? null, external?.subject ?? null],
          ...[friendRequests, directMessages, groupInvites, presence, readReceipts],
        ],
      );
      if (made.length === 0) return null;
      await this.transactions.query(`INSERT INTO user_heads (user_id) VALUES ($1)`, [id]);
      return this.requireActiveUser(id);
    });
  }

  private get rows(): Repository<User> {
    return this.transactions.manager.getRepository(User);
  }
}
