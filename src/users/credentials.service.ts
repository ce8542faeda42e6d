import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { deletedSubject } from './user.policy.js';

export interface Credential {
  readonly userId: string;
  /** Argon2id; null: this person cannot log in here. */
  readonly passwordHash: string | null;
}

/** By what a person is known when they prove who they are. Answers for live people only. */
@Injectable()
export class Credentials {
  constructor(private readonly transactions: Transactions) {}

  findByUsername(username: string): Promise<Credential | null> {
    return this.one('username = $1', [username]);
  }

  findByUserId(userId: string): Promise<Credential | null> {
    return this.one('id = $1', [userId]);
  }

  private async one(condition: string, parameters: unknown[]): Promise<Credential | null> {
    const [row] = await this.transactions.query<{ id: string; password_hash: string | null }>(
      `SELECT id, password_hash FROM users WHERE ${condition} AND deleted_at IS NULL AND deactivated_at IS NULL`,
      parameters,
    );
    return row ? { userId: row.id, passwordHash: row.password_hash } : null;
  }

  /**
   * Whether the person is still live and, if `passwordHash` is given, still has that password. Until the end of the caller's transaction
   * none of that changes: a session that is opened in it cannot outlive what it was proven by.
   */
  async lockCredential(userId: string, passwordHash?: string): Promise<boolean> {
    const rows = await this.transactions.query(
      `SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL AND deactivated_at IS NULL
         AND ($2::text IS NULL OR password_hash = $2) FOR SHARE`,
      [userId, passwordHash ?? null],
    );
    return rows.length > 0;
  }

  /** False when `current` is the password no more. Locks the person until the end of the transaction. */
  async replacePassword(userId: string, current: string, next: string): Promise<boolean> {
    const rows = await this.transactions.query(
      `UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2
         AND deleted_at IS NULL AND deactivated_at IS NULL RETURNING 1`,
      [userId, current, next],
    );
    return rows.length > 0;
  }

  /** Gives a live person another password, whatever theirs was, also none. Whether there was such a person. */
  async setPassword(userId: string, next: string): Promise<boolean> {
    const rows = await this.transactions.query(
      `UPDATE users SET password_hash = $2 WHERE id = $1 AND deleted_at IS NULL AND deactivated_at IS NULL RETURNING 1`,
      [userId, next],
    );
    return rows.length > 0;
  }

  /** The person with this identity at another service, live or not; null: never seen. */
  async findUserIdBySubject(issuer: string, subject: string): Promise<string | null> {
    const [row] = await this.transactions.query<{ id: string }>(
      `SELECT id FROM users WHERE external_issuer = $1 AND external_subject IN ($2, $3)`,
      [issuer, subject, deletedSubject(subject)],
    );
    return row?.id ?? null;
  }
}
