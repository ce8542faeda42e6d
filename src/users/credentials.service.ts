import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, In } from 'typeorm';
import { Transactions } from '../database/transactions.js';
import { ACTIVE, User } from './user.entity.js';
import { deletedSubject } from './user.policy.js';

export interface Credential {
  readonly userId: string;
  /** Argon2id; null: the user cannot log in with a password. */
  readonly passwordHash: string | null;
}

/** Passwords and external identities of users. */
@Injectable()
export class Credentials {
  constructor(private readonly transactions: Transactions) {}

  /** Returns the credential of an active user. */
  findByUsername(username: string): Promise<Credential | null> {
    return this.findCredential({ username });
  }

  /** Returns the credential of an active user. */
  findByUserId(userId: string): Promise<Credential | null> {
    return this.findCredential({ id: userId });
  }

  private async findCredential(where: FindOptionsWhere<User>): Promise<Credential | null> {
    const select = { id: true, passwordHash: true };
    const user = await this.transactions.manager.findOne(User, { select, where: { ...where, ...ACTIVE } });
    return user && { userId: user.id, passwordHash: user.passwordHash };
  }

  /**
   * Returns whether the user is active and, if `passwordHash` is given, still has that password. Locks both until the caller's transaction
   * ends, so that a session created in it is void as soon as its password is.
   */
  async lockCredential(userId: string, passwordHash?: string): Promise<boolean> {
    const where = { id: userId, ...(passwordHash !== undefined && { passwordHash }), ...ACTIVE };
    const user = await this.transactions.manager.findOne(User, { select: { id: true }, where, lock: { mode: 'pessimistic_read' } });
    return user !== null;
  }

  /** Sets the password of an active user; if `current` is given, only while that is the password. Returns false if nothing changed. */
  async setPassword(userId: string, next: string, current?: string): Promise<boolean> {
    const where = { id: userId, ...(current !== undefined && { passwordHash: current }), ...ACTIVE };
    const { affected } = await this.transactions.manager.update(User, where, { passwordHash: next });
    return affected === 1;
  }

  /** Returns the user with this identity at another service, also when deactivated or deleted. */
  async findUserIdBySubject(issuer: string, subject: string): Promise<string | null> {
    const where = { externalIssuer: issuer, externalSubject: In([subject, deletedSubject(subject)]) };
    const user = await this.transactions.manager.findOne(User, { select: { id: true }, where });
    return user?.id ?? null;
  }
}
