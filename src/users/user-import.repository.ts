import { Injectable } from '@nestjs/common';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import type { Privacy } from './privacy.types.js';
import { User, UserHead } from './user.entity.js';

/** A user of another installation, without a password. */
export type ImportedUser = JsonRow<Omit<User, keyof Privacy | 'admin' | 'passwordHash' | 'externalIssuer' | 'externalSubject'>> & {
  readonly external: { issuer: string; subject: string } | null;
  readonly privacy: Privacy;
};

@Injectable()
export class UserImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Inserts imported users, and returns how many were new. A user whose id is known stays unchanged. A username or identity of another user
   * is a database error. @param users at most 500
   */
  async importUsers(users: readonly ImportedUser[]): Promise<number> {
    const rows = users.map(({ external, privacy, ...user }) => ({
      ...user,
      ...privacy,
      externalIssuer: external?.issuer ?? null,
      externalSubject: external?.subject ?? null,
    }));
    const added = await insertMissing(this.transactions, User, rows);
    await insertMissing(
      this.transactions,
      UserHead,
      added.map(({ id }) => ({ userId: id })),
    );
    return added.length;
  }
}
