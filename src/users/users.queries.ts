import { Injectable } from '@nestjs/common';
import { decodeCursor, type Page, pageOf } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { LookupUsersDto } from './dto/lookup-users.dto.js';
import type { SearchUsersDto } from './dto/search-users.dto.js';
import { userJson, type UserView } from './user.view.js';

interface UserHit {
  readonly view: UserView;
  readonly rank: number;
  readonly username: string;
}

/** Exactly the word, then names that begin with it, then the rest. */
const RANK = `CASE WHEN u.username = lower($1) THEN 0 WHEN starts_with(u.username, lower($1)) THEN 1 ELSE 2 END`;

/** Reads of many people at once. */
@Injectable()
export class UsersQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Live people whose username or display name contains the word. */
  async searchUsers({ query = '', limit, cursor }: SearchUsersDto): Promise<Page<UserView>> {
    const [rank, username] = cursor ? decodeCursor(cursor, ['integer', 'text']) : [-1, ''];
    const rows = await this.transactions.query<UserHit>(
      // The same expression as in the index on trigrams.
      `SELECT * FROM (
         SELECT ${userJson('u')} AS view, u.username, ${RANK} AS rank FROM users u
         WHERE u.deleted_at IS NULL AND u.deactivated_at IS NULL
           AND ($1 = '' OR (u.username || ' ' || coalesce(u.display_name, '')) ILIKE $2)
       ) found
       WHERE (rank, username) > ($3::bigint, $4::text) ORDER BY rank, username LIMIT $5`,
      [query, `%${query.replaceAll(/[\\%_]/g, '\\$&')}%`, rank, username, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => [row.rank, row.username],
      (row) => row.view,
    );
  }

  /** Those who are there, by id also people who are gone; each once, by username. */
  async lookupUsers({ ids = [], usernames = [] }: LookupUsersDto): Promise<Page<UserView>> {
    const rows = await this.transactions.query<UserHit>(
      `SELECT ${userJson('u')} AS view FROM users u
       WHERE u.id = ANY ($1::uuid[])
          OR (u.username = ANY ($2::text[]) AND u.deleted_at IS NULL AND u.deactivated_at IS NULL)
       ORDER BY u.username`,
      [ids, usernames],
    );
    return { items: rows.map((row) => row.view), nextCursor: null };
  }
}
