import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { runLogged } from '../common/thrown.js';
import { fromDatabaseError, isDeadlock } from './database-errors.js';

interface CurrentTransaction {
  readonly runner: QueryRunner;
  readonly afterCommit: (() => void)[];
}

const names = new Map<string, string>();

/** Returns the name of a prepared statement, the same on every connection of this process. */
function statementName(sql: string): string {
  const name = names.get(sql) ?? `statement_${names.size + 1}`;
  names.set(sql, name);
  return name;
}

/** How often a transaction is tried that Postgres aborts because of a deadlock. */
const MAX_ATTEMPTS = 3;

/**
 * Access to the database. `run` begins a READ COMMITTED transaction, or joins that of the caller; `query` and `manager` use the current
 * transaction, if any. `work` must await everything that it starts.
 */
@Injectable()
export class Transactions {
  private readonly log = new Logger(Transactions.name);
  private readonly current = new AsyncLocalStorage<CurrentTransaction>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction. After a deadlock `work` runs again, so its only effects outside the database are those of
   * {@link afterCommit}. @throws DatabaseUnavailable, LockTimeout, and whatever `work` throws (rolled back).
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.inTransaction) return work();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (!isDeadlock(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const current: CurrentTransaction = { runner, afterCommit: [] };
    let result: T;
    try {
      await runner.startTransaction('READ COMMITTED');
      result = await this.current.run(current, work);
      await runner.commitTransaction();
    } catch (error) {
      // A broken connection cannot roll back; the first error is the one to report.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
    this.current.exit(() => current.afterCommit.forEach((effect) => runLogged(this.log, effect)));
    return result;
  }

  /** Runs one statement. Returns the rows of pg (`int8` as number), also for UPDATE … RETURNING. */
  query<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.withRunner(async (runner) => (await runner.query(sql, [...parameters], true)).records as Row[]);
  }

  /**
   * Runs a statement that each connection prepares once: for frequent statements that cost more to plan than to run.
   * @param sql one of a few texts: none is ever deallocated
   */
  queryPrepared<Row = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.withRunner(async (runner) => {
      try {
        const client = (await runner.connect()) as ClientBase;
        return (await client.query({ name: statementName(sql), text: sql, values: [...parameters] })).rows as Row[];
      } catch (error) {
        throw fromDatabaseError(error);
      }
    });
  }

  private async withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const current = this.current.getStore();
    const runner = current?.runner ?? this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } finally {
      if (!current) await runner.release();
    }
  }

  /** Whether the caller is in a transaction. */
  get inTransaction(): boolean {
    return this.current.getStore() !== undefined;
  }

  /** Returns the entity manager of the current transaction, or of the pool. */
  get manager(): EntityManager {
    return this.current.getStore()?.runner.manager ?? this.dataSource.manager;
  }

  /** Runs `effect` after the current transaction has committed, in call order; at once without one; never after a rollback. */
  afterCommit(effect: () => void): void {
    const current = this.current.getStore();
    if (current) current.afterCommit.push(effect);
    else runLogged(this.log, effect);
  }
}
