import type { DataSourceOptions, Logger } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { migrations } from '../../migrations/index.js';
import { SnakeNaming } from './snake-naming.js';

const IDLE_MS = 30_000;

/** One pool a process. Entities come from the modules that own them. */
export function dataSourceOptions({ database, writer }: Settings): DataSourceOptions {
  if (!database.url) throw new Error('the address of the database is not known yet: start the embedded PostgreSQL first');
  return {
    type: 'postgres',
    url: database.url,
    applicationName: 'parley',
    poolSize: database.poolSize,
    connectTimeoutMS: database.patienceMs,
    namingStrategy: new SnakeNaming(),
    migrations,
    migrationsTableName: 'migrations',
    parseInt8: true,
    installExtensions: false, // migrations do
    logger: silentLogger,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    extra: {
      statement_timeout: database.statementTimeoutMs,
      lock_timeout: writer.lockTimeoutMs,
      idle_in_transaction_session_timeout: database.statementTimeoutMs,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      // Answers are wide and short: compiling a plan costs more than it ever gives.
      options: '-c jit=off',
    },
  };
}

const nothing = (): void => undefined;

/** TypeORM says nothing of its own: statements and parameters hold what people wrote, and errors are thrown anyway. */
export const silentLogger: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
