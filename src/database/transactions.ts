import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { fromDatabaseError, isDeadlock } from './database-errors.js';

interface Ambient {
  readonly runner: QueryRunner;
  readonly afterCommit: (() => void)[];
}

const names = new Map<string, string>();

/** What a statement is called on every connection of this process. */
function nameOf(sql: string): string {
  const name = names.get(sql) ?? `statement_${names.size + 1}`;
  names.set(sql, name);
  return name;
}

/** Attempts at a transaction that Postgres ended to resolve a deadlock. */
const ATTEMPTS = 3;

/**
 * The way to the database. `run` opens a READ COMMITTED transaction, or joins the one that the caller is already in; `query` and `manager`
 * use it when there is one. Work inside must be awaited before `run` returns.
 */
@Injectable()
export class Transactions {
  private readonly log = new Logger(Transactions.name);
  private readonly ambient = new AsyncLocalStorage<Ambient>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction. After a deadlock the whole work runs again, so it may have no effect outside the database but through
   * {@link afterCommit}. @throws DatabaseUnavailable, LockTimeout, and whatever `work` throws (rolled back).
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.open) return work();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (!isDeadlock(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const ambient: Ambient = { runner, afterCommit: [] };
    let result: T;
    try {
      await runner.startTransaction('READ COMMITTED');
      result = await this.ambient.run(ambient, work);
      await runner.commitTransaction();
    } catch (error) {
      // A connection that broke has nothing left to roll back; the first error is the one to tell.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
    this.ambient.exit(() => ambient.afterCommit.forEach((effect) => this.safely(effect)));
    return result;
  }

  /** One statement. Rows come back as pg gives them (`int8` as number), also of UPDATE … RETURNING. */
  async query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const ambient = this.ambient.getStore();
    const runner = ambient?.runner ?? this.dataSource.createQueryRunner();
    try {
      const result = await runner.query(sql, [...parameters], true);
      return result.records as Row[];
    } finally {
      if (!ambient) await runner.release();
    }
  }

  /**
   * The same by a statement that each connection prepares once: for what is asked all the time and costs more to plan than to run.
   * @param sql one of a few texts; none is ever forgotten
   */
  async prepared<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const ambient = this.ambient.getStore();
    const runner = ambient?.runner ?? this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as ClientBase;
      return (await client.query({ name: nameOf(sql), text: sql, values: [...parameters] })).rows as Row[];
    } catch (error) {
      throw fromDatabaseError(error);
    } finally {
      if (!ambient) await runner.release();
    }
  }

  /** Whether the caller is in a transaction. */
  get open(): boolean {
    return this.ambient.getStore() !== undefined;
  }

  /** The entity manager of the current transaction, or of the pool. */
  get manager(): EntityManager {
    return this.ambient.getStore()?.runner.manager ?? this.dataSource.manager;
  }

  /** Runs `effect` once the current transaction has committed, in the order given; at once when there is none; never after a rollback. */
  afterCommit(effect: () => void): void {
    const ambient = this.ambient.getStore();
    if (ambient) ambient.afterCommit.push(effect);
    else this.safely(effect);
  }

  private safely(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      this.log.error(error instanceof Error ? error.stack : String(error));
    }
  }
}
