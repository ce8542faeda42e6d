import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import type { Actor } from '../common/actor.js';
import { newId } from '../common/ids.js';
import { decodeCursor, type Page, pageOf } from '../common/page.js';
import { Settings } from '../config/settings.js';
import { likePattern } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import type { LookupUsersDto, SearchUsersDto } from './dto/users.dto.js';
import { ACTIVE, User, UserHead } from './user.entity.js';
import { UserHeads } from './user-heads.service.js';
import { isActiveSql, meViewOf, type MeView, userJson, userViewOf, type UserView } from './user.view.js';
import { UserNotFound } from './users.errors.js';

export interface NewUser {
  /** Lower case, well-formed. */
  readonly username: string;
  readonly displayName: string | null;
  readonly passwordHash?: string;
  /** The user's identity at another service. */
  readonly external?: { readonly issuer: string; readonly subject: string };
}

interface UserHit {
  readonly view: UserView;
  readonly rank: number;
  readonly username: string;
}

/** Exact username first, then usernames that begin with the query, then all others. */
const RANK = `CASE WHEN u.username = lower($1) THEN 0 WHEN starts_with(u.username, lower($1)) THEN 1 ELSE 2 END`;

@Injectable()
export class UsersService {
  constructor(
    private readonly transactions: Transactions,
    private readonly heads: UserHeads,
    private readonly settings: Settings,
  ) {}

  /** Returns the active user. @throws UserNotFound */
  async requireActiveUser(userId: string): Promise<User> {
    const user = await this.rows.findOneBy({ id: userId, ...ACTIVE });
    if (!user) throw new UserNotFound();
    return user;
  }

  /** Returns the active users among these ids, in no order. */
  findActiveUsers(userIds: readonly string[]): Promise<User[]> {
    return this.rows.findBy({ id: In([...userIds]), ...ACTIVE });
  }

  async getMe(actor: Actor): Promise<MeView> {
    // The number first: a change between the two reads arrives again as an event.
    const my = await this.heads.current(actor.userId);
    return meViewOf(await this.requireActiveUser(actor.userId), my);
  }

  /** Returns any user, also a deactivated or deleted one: messages still name their authors. @throws UserNotFound */
  async getUser(userId: string): Promise<UserView> {
    const user = await this.rows.findOneBy({ id: userId });
    if (!user) throw new UserNotFound();
    return userViewOf(user);
  }

  /** Finds active users whose username or display name contains the query. */
  async searchUsers({ query = '', limit, cursor }: SearchUsersDto): Promise<Page<UserView>> {
    const [rank, username] = cursor ? decodeCursor(cursor, ['integer', 'text']) : [-1, ''];
    const rows = await this.transactions.query<UserHit>(
      // The concatenation is the expression of the trigram index.
      `SELECT * FROM (
         SELECT ${userJson('u')} AS view, u.username, ${RANK} AS rank FROM users u
         WHERE ${isActiveSql('u')} AND ($1 = '' OR (u.username || ' ' || coalesce(u.display_name, '')) ILIKE $2)
       ) found
       WHERE (rank, username) > ($3::bigint, $4::text) ORDER BY rank, username LIMIT $5`,
      [query, likePattern(query), rank, username, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => [row.rank, row.username],
      (row) => row.view,
    );
  }

  /** Returns the active users with these usernames, and all users with these ids, also deleted ones; each once, by username. */
  async lookupUsers({ ids, usernames }: LookupUsersDto): Promise<Page<UserView>> {
    const users = await this.rows.find({
      where: [{ id: In(ids ?? []) }, { username: In(usernames ?? []), ...ACTIVE }],
      order: { username: 'ASC' },
    });
    return { items: users.map(userViewOf), nextCursor: null };
  }

  /** Creates a user with the default privacy of the settings. Returns null when the username or the external identity is taken. */
  createUser({ username, displayName, passwordHash, external }: NewUser): Promise<User | null> {
    const { friendRequests, directMessages, groupInvites, presence, readReceipts } = this.settings.privacyDefaults;
    return this.transactions.run(async () => {
      const id = newId();
      const created = await this.transactions.query(
        `INSERT INTO users (id, username, display_name, password_hash, external_issuer, external_subject,
           friend_requests, direct_messages, group_invites, presence, read_receipts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING 1`,
        [
          ...[id, username, displayName, passwordHash ?? null, external?.issuer ?? null, external?.subject ?? null],
          ...[friendRequests, directMessages, groupInvites, presence, readReceipts],
        ],
      );
      if (created.length === 0) return null;
      await this.transactions.manager.insert(UserHead, { userId: id });
      return this.requireActiveUser(id);
    });
  }

  private get rows(): Repository<User> {
    return this.transactions.manager.getRepository(User);
  }
}
